// The reward term that keeps actions small; hopper and point_mass share it.
#pragma once

#include "envs/mujoco_environment.h"
#include "envs/tolerance.h"

namespace curl_rl::envs::suite {

/// Between 0.8 and 1: (4 + mean over actuators of 1 - control^2) / 5.
inline double SmallControl(const mjModel& model, const mjData& data) {
  double sum = 0.0;
  for (int i = 0; i < model.nu; ++i) {
    sum += Tolerance(data.ctrl[i], 0.0, 0.0, {1.0, 0.0, Sigmoid::kQuadratic});
  }
  return (sum / model.nu + 4) / 5;
}

}  // namespace curl_rl::envs::suite
