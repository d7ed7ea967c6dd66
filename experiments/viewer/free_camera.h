// Taking a fixed camera off its place without a jump of the picture.
#pragma once

#include <mujoco/mujoco.h>

namespace curl_rl::viewer {

/// The free camera (azimuth, elevation, lookat, distance) that stands where `view` does and looks
/// where it looks, but upright. It turns about the point in front of it that is nearest to
/// `center` (the model's, stat.center), at least `least_distance` away.
mjvCamera FreeCameraAt(const mjvGLCamera& view, const mjtNum center[3], double least_distance);

/// The camera after (direction 1) or before (-1) `camera` in the circle of the model's cameras
/// 0 .. count-1 and the free one, which is -1.
int NextCamera(int camera, int count, int direction);

}  // namespace curl_rl::viewer
