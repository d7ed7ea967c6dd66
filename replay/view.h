// Views: the pictures of drawn transitions that a method asks for, and the batch they come in.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

#include "replay/named_tensors.h"
#include "replay/window_config.h"

namespace curl_rl::replay {

/// Which of a transition's two observations a view shows.
enum class ViewOf { kObservation, kNext };

/// One picture of each drawn transition: a stack of frames, all cut by the same window.
struct View {
  std::string name;  // in the batch
  ViewOf of = ViewOf::kObservation;
  Window window = Window::kRandomCrop;
  std::int64_t size = 84;                        // pixels a side; kWhole: ignored
  CropRange crop_range = CropRange::kInclusive;  // kRandomCrop
  std::int64_t pad = 4;  // kShift: pixels that the frame grows on each side, by repeated edges
};

/// What a batch is to hold. Of state vectors there is one view each of "observation" and
/// "next_observation"; windows and sizes do not concern them.
struct BatchSpec {
  std::int64_t batch_size = 512;
  double discount = 0.99;
  std::int64_t n_step = 1;                    // rewards that are summed before the bootstrap
  torch::ScalarType dtype = torch::kFloat32;  // of pixels: float32 or bfloat16
  std::vector<View> views;
};

/// One batch: tensors by name, on the replay's device, for whoever walks them (recorded updates,
/// failure files, tests).
///
///   <view>            [B, K*C, size, size] in [0, 1], channels last, or float32 [B, K*D]; on a GPU
///                     in bfloat16 zeros fill each pixel to a multiple of 8 channels in memory
///   <view>.offsets    int64 [B, 2]    row and column of the window's top left pixel in the frame
///   action            float32 [B, A]
///   reward            float32 [B, 1]  sum of n_step discounted rewards
///   bootstrap         float32 [B, 1]  discount^n, n the rewards summed; 0 where the task ended
///   transition        int64 [B]       the number of the transition
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
