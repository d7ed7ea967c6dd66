// Another place for a camera: on a sphere about the task, still looking at what it looked at. The
// ranges and the geometry are those of the Distracting Control Suite (Stone et al. 2021,
// distracting_control/camera.py and suite_utils.py), whose static setting this is.
#pragma once

#include <mujoco/mujoco.h>

#include <array>

#include "envs/numpy_random.h"

namespace curl_rl::envs {

/// Where a camera is and where it looks.
struct CameraPose {
  std::array<double, 3> place{};     // in the world, metres
  std::array<double, 9> rotation{};  // its axes as columns: it looks along -z, y is up
};

/// Of camera `camera_id` as the model and the data have it; -1, or 0 of a model without cameras: of
/// the free one.
CameraPose PoseOf(const mjModel& model, const mjData& data, int camera_id);

/// One episode's place of the camera. Plain data without padding.
struct CameraOrbit {
  std::array<double, 3> centre{};   // of the sphere; where `follows`, the agent's centre of mass
  std::array<double, 3> look_at{};  // what it looks at; where `follows`, as the camera's own
  double radius = 0.0;
  double azimuth = 0.0;  // from the x axis, radians
  double polar = 0.0;    // from the vertical, radians
  double roll = 0.0;     // about the axis that it looks along
  double follows = 0.0;  // 1: the camera moves with the agent; 0: it stands
  double upright = 0.0;  // 1: the horizon stays level; 0: the camera looks straight down
};

/// Draws where the camera is for an episode that begins at `data`; `scale`: 0 the camera's own
/// place, 1 a quarter turn. Four numbers are drawn, whatever the scale.
///
/// In the benchmark's six domains the ranges are the benchmark's. Elsewhere, a camera that is
/// neither fixed in the world nor follows a centre of mass is taken to do the latter, and one that
/// is not in the front upper quadrant is not kept there.
CameraOrbit DrawCameraOrbit(const mjModel& model, const mjData& data, int camera_id, double scale,
                            NumpyRandom& random);

/// The pose on `orbit` at `data`.
CameraPose PoseOn(const CameraOrbit& orbit, const mjModel& model, const mjData& data,
                  int camera_id);

}  // namespace curl_rl::envs
