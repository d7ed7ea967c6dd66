// The free camera that shows what a fixed one shows, from its place and directions.
#include "experiments/viewer/free_camera.h"

#include <algorithm>
#include <cmath>

namespace curl_rl::viewer {

mjvCamera FreeCameraAt(const mjvGLCamera& view, const mjtNum center[3], double least_distance) {
  constexpr double kDegree = mjPI / 180.0;
  mjvCamera camera;
  mjv_defaultCamera(&camera);
  camera.type = mjCAMERA_FREE;
  double along = 0.0;
  for (int i = 0; i < 3; ++i) along += (center[i] - view.pos[i]) * view.forward[i];
  camera.distance = std::max(along, least_distance);
  for (int i = 0; i < 3; ++i) camera.lookat[i] = view.pos[i] + camera.distance * view.forward[i];
  camera.elevation = std::asin(std::clamp<double>(view.forward[2], -1.0, 1.0)) / kDegree;
  // Straight up or down the picture's own top says where north is.
  const bool vertical = std::hypot(view.forward[0], view.forward[1]) < 1e-6;
  const double sign = view.forward[2] > 0.0 ? -1.0 : 1.0;
  camera.azimuth = vertical ? std::atan2(sign * view.up[1], sign * view.up[0]) / kDegree
                            : std::atan2(view.forward[1], view.forward[0]) / kDegree;
  return camera;
}

int NextCamera(int camera, int count, int direction) {
  const int circle = count + 1;
  return (camera + 1 + direction + circle) % circle - 1;
}

}  // namespace curl_rl::viewer
