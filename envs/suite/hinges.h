// The hinges of a body that moves freely: quadruped and dog see these, not the root's place.
#pragma once

#include <mujoco/mujoco.h>

#include <vector>

namespace curl_rl::envs::suite {

/// Appends the angles of all hinges, rad, then their velocities, rad/s, in the model's order.
inline void AppendHinges(const mjModel& model, const mjData& data, std::vector<double>* state) {
  for (const bool velocities : {false, true}) {
    for (int joint = 0; joint < model.njnt; ++joint) {
      if (model.jnt_type[joint] != mjJNT_HINGE) continue;
      state->push_back(velocities ? data.qvel[model.jnt_dofadr[joint]]
                                  : data.qpos[model.jnt_qposadr[joint]]);
    }
  }
}

}  // namespace curl_rl::envs::suite
