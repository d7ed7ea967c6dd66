// The command `render` of a program that was built without GLFW: says so.
#include <stdexcept>

#include "experiments/commands/command.h"

namespace curl_rl::experiments {

int RenderCommand(const std::vector<std::string>&) {
  throw std::runtime_error(
      "this build has no viewer: GLFW was not found when it was configured (apt-get install "
      "libglfw3-dev); for a video: curl-rl evaluate RUN_DIR --video FILE.mp4");
}

}  // namespace curl_rl::experiments
