// An environment that is played to be looked at.
#pragma once

#include <memory>
#include <string>

#include "envs/environment.h"
#include "envs/registry.h"
#include "envs/renderer.h"
#include "experiments/video/image.h"

namespace curl_rl::video {

/// A fresh environment and what draws it at a size of its own: MuJoCo's renderer, in full quality
/// from the camera of the options; other environments show their frames, fitted into that size.
class Stage {
 public:
  /// `options` as for the agent: the same seed gives the same episodes, whatever is drawn. Throws
  /// std::runtime_error if `task` draws nothing.
  Stage(const std::string& task, envs::EnvironmentOptions options, int height, int width);

  envs::Environment& environment() { return *environment_; }

  /// Draws the current state.
  const Image& Draw();

 private:
  std::unique_ptr<envs::Environment> environment_;
  std::unique_ptr<envs::Renderer> renderer_;  // null: not MuJoCo's
  std::vector<std::uint8_t> frame_;           // the environment's own
  Image image_;
};

}  // namespace curl_rl::video
