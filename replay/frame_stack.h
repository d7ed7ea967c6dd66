// The newest frames of one episode, for acting.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace curl_rl::replay {

/// Keeps the last `depth` observations; what replay rebuilds from its ring, an actor holds here.
class FrameStack {
 public:
  explicit FrameStack(std::int64_t depth);

  /// The first observation of an episode stands for those before it.
  /// `observation`: uint8 [H, W, C] or float32 [D] on the CPU; it is copied.
  void Reset(const torch::Tensor& observation);

  /// The next observation of the episode, after Reset.
  void Push(const torch::Tensor& observation);

  /// Pixels: uint8 [1, depth*C, H, W], oldest frame first. State: float32 [1, depth*D].
  torch::Tensor Get() const;

  /// The observations themselves, oldest first.
  const std::vector<torch::Tensor>& observations() const { return observations_; }

 private:
  std::int64_t depth_;
  std::vector<torch::Tensor> observations_;  // oldest first
};

}  // namespace curl_rl::replay
