// A task learned from pixels in about a minute, without MuJoCo and without OpenGL: for tests and
// first tries.
#pragma once

#include <vector>

#include "envs/registry.h"

namespace curl_rl::envs {

/// toy_reach: a red blob is to be brought over a green one on a line. Both start at random places
/// in [-1, 1], at least 0.6 apart. The one action is the red blob's velocity, 0.2 a step at most;
/// it stops at the ends. Reward: Tolerance of the distance, 1 up to 0.08, falling to 0.1 at 0.6
/// beyond. 50 steps an episode. Mean returns: random actions 9.1, no motion 1.5, the best
/// controller 47.3.
///
/// State vector: position[1], target[1]. Frames are RGB with smooth blobs; the places -1 and 1 are
/// a sixth of the frame from its edge, so that a crop keeps both blobs. RenderOptions are ignored.
std::vector<EnvironmentInfo> ToyTasks();

}  // namespace curl_rl::envs
