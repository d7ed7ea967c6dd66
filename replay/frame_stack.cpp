// Keeps the newest observations and stacks them, the first of an episode repeated.
#include "replay/frame_stack.h"

#include <algorithm>

namespace curl_rl::replay {

FrameStack::FrameStack(std::int64_t depth) : depth_(depth) {
  TORCH_CHECK(depth >= 1, "frame_stack: got ", depth, ", allowed: at least 1");
}

void FrameStack::Reset(const torch::Tensor& observation) {
  observations_.assign(static_cast<std::size_t>(depth_), observation.clone());
}

void FrameStack::Push(const torch::Tensor& observation) {
  TORCH_CHECK(!observations_.empty(), "FrameStack::Push before Reset");
  std::rotate(observations_.begin(), observations_.begin() + 1, observations_.end());
  observations_.back() = observation.clone();
}

torch::Tensor FrameStack::Get() const {
  TORCH_CHECK(!observations_.empty(), "FrameStack::Get before Reset");
  const auto stack =
      torch::cat(observations_, -1).unsqueeze(0);  // [1, H, W, depth*C] or [1, depth*D]
  return stack.dim() == 4 ? stack.permute({0, 3, 1, 2}) : stack;
}

}  // namespace curl_rl::replay
