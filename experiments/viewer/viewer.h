// The viewer: a window on a policy at play.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "envs/registry.h"
#include "experiments/play/policy.h"

namespace curl_rl::viewer {

struct ViewerOptions {
  std::string task;
  envs::EnvironmentOptions environment;
  int width = 1280;  // of the window at 96 dots an inch
  int height = 720;
  bool paused = false;            // at the beginning
  std::string advice;             // what to do without a display
  std::string picture_dir = ".";  // where kScreenshot writes
};

/// Shows `policy` at play until the window is closed, or SIGINT or SIGTERM come. Throws
/// std::runtime_error in one line, with the advice, if there is no display, or for what goes wrong
/// in the play.
void View(const ViewerOptions& options, std::unique_ptr<experiments::Policy> policy);

}  // namespace curl_rl::viewer
