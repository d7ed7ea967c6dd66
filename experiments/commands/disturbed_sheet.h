// A picture of what disturbances make of a task.
#pragma once

#include <string>

#include "experiments/video/image.h"

namespace curl_rl::experiments {

/// First frames of the task's first two episodes of seed 1, on white. A row a kind: colors, camera,
/// light, the three together, noise and, if `video` names a file or a folder, that. In a row the
/// task as it is, then easy, medium and hard, two episodes each. Throws what envs::Make throws.
video::Image DisturbedSheet(const std::string& task, const std::string& video);

}  // namespace curl_rl::experiments
