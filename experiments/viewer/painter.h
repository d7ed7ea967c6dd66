// Overlay, inset, action bars and help, drawn over the scene.
#pragma once

#include <mujoco/mujoco.h>

#include <vector>

#include "experiments/video/image.h"
#include "experiments/viewer/overlay.h"
#include "experiments/viewer/player.h"

namespace curl_rl::viewer {

/// What is to be shown.
struct Shown {
  bool overlay = true;
  bool inset = true;
  bool help = false;
};

/// The inset's picture for a window `height` pixels high: the newest of `frames` enlarged by a
/// whole factor to at most two fifths of the window, and below it the older ones, oldest first, as
/// large as its width allows. Frames that are larger are shown as they are. uint8 RGB, row 0 at the
/// top.
video::Image ComposeInset(const std::vector<video::Image>& frames, int height);

/// Draws `image` as it is with its lower left corner at (left, bottom) of the window.
void DrawImage(const video::Image& image, int left, int bottom, const mjrContext& context);

/// The whole window as one picture, for environments that are not MuJoCo's.
void DrawFrame(const video::Image& frame, mjrRect viewport, const mjrContext& context);

/// Everything over the scene. `scale`: pixels for each at 96 dots an inch.
void DrawOverlays(const PlayState& play, const WindowState& window, const Shown& shown,
                  double scale, mjrRect viewport, const mjrContext& context);

}  // namespace curl_rl::viewer
