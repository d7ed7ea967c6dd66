// Views: the pictures of drawn transitions that a method asks for, and the batch they come in.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "replay/named_tensors.h"
#include "replay/window_config.h"

namespace curl_rl::replay {

/// Which observation a view shows: a transition's first, the one that its value is bootstrapped
/// from, or one so many decisions after the first.
enum class ViewOf { kObservation, kNext, kAhead };

/// One picture of each drawn transition: a stack of frames, all cut by the same window.
struct View {
  std::string name;  // in the batch
  ViewOf of = ViewOf::kObservation;
  Window window = Window::kRandomCrop;
  std::int64_t size = 84;                        // pixels a side; kWhole: ignored
  CropRange crop_range = CropRange::kInclusive;  // kRandomCrop
  std::int64_t pad = 4;    // kShift: pixels that the frame grows on each side, by repeated edges
  std::int64_t ahead = 1;  // kAhead: decisions; fewer where the episode ends or nothing newer is
};

/// What a batch is to hold. Of state vectors there is one view each of "observation" and
/// "next_observation"; windows and sizes do not concern them.
struct BatchSpec {
  std::int64_t batch_size = 512;
  double discount = 0.99;
  std::int64_t n_step = 1;     // rewards that are summed before the bootstrap
  bool whole_windows = false;  // draw only transitions that n_step - 1 others of the episode follow
  bool bootstrap_terminal = false;  // take the end of a task for none
  std::int64_t horizon = 0;         // decisions from the observation on that are wanted one by one
  torch::ScalarType dtype = torch::kFloat32;  // of pixels: float32 or bfloat16
  std::vector<View> views;
};

/// One batch: tensors by name, on the replay's device, for whoever walks them (recorded updates,
/// failure files, tests).
///
///   <view>            [B, K*C, size, size] in [0, 1], channels last, or float32 [B, K*D]; on a GPU
///                     in bfloat16 zeros fill each pixel to a multiple of 8 channels in memory
///   <view>.offsets    int64 [B, 2]    row and column of the window's top left pixel in the frame
///   <view>.ahead      int64 [B]       kAhead: the decisions between the observation and the view
///   action            float32 [B, A]
///   reward            float32 [B, 1]  sum of n_step discounted rewards
///   bootstrap         float32 [B, 1]  discount^n, n the rewards summed; 0 where the task ended
///   transition        int64 [B]       number in its lane, plus lane * ReplayBuffer::kLane
///   episode_step      int64 [B]       decisions from the episode's start to the observation
///   horizon.action    float32 [B, H, A]  of horizon H > 0: what was done at the observation and
///   horizon.reward    float32 [B, H]     after it, and what it gave; 0 behind what there is
///   horizon.steps     int64 [B]          how many of the H there are in the same episode, 1..H
struct Batch {
  NamedTensors tensors;

  /// Throws std::runtime_error that names what is missing.
  const torch::Tensor& at(const std::string& name) const { return Get(tensors, name); }
  bool has(const std::string& name) const { return tensors.count(name) > 0; }
  std::int64_t size() const { return at("action").size(0); }

  // The small tensors share these, so that one copy of each type brings them to the device.
  torch::Tensor integers, numbers;
};

}  // namespace curl_rl::replay
