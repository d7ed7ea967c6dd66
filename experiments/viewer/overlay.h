// What the overlay says.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "experiments/viewer/player.h"

namespace curl_rl::viewer {

/// Lines of two columns: name, value.
using TextTable = std::vector<std::pair<std::string, std::string>>;

/// What the window knows besides the play.
struct WindowState {
  std::string camera;
  double frames_per_second = 0.0;
  std::string message;  // of what was just done; empty: none
};

/// Task, policy, seed, time, reward, return, Q values, entropy, speed, camera, drawing rate.
TextTable OverlayLines(const PlayState& play, const WindowState& window);

/// The state vector that an agent sees instead of frames, some numbers a line; empty if it does
/// not.
TextTable StateLines(const PlayState& play);

/// The window's title: task, seed, episode, step, and whether it is paused.
std::string Title(const PlayState& play);

/// The inset's caption; "" if there is nothing to see in it.
std::string InsetCaption(const PlayState& play);

/// The model's font size (mjtFontScale) for a display's scale: 1 is 96 dots an inch.
int FontScale(double content_scale);

}  // namespace curl_rl::viewer
