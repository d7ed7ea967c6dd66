// Keeps the newest observations and stacks them, the first of an episode repeated.
#include "replay/frame_stack.h"

#include <algorithm>
#include <cstring>

namespace curl_rl::replay {
namespace {

// By the calling thread alone: LibTorch would copy a large frame with a team of threads, a new one
// for each thread that environments play in.
torch::Tensor Copy(const torch::Tensor& observation) {
  const auto from = observation.contiguous();
  auto copy = torch::empty_like(from);
  std::memcpy(copy.data_ptr(), from.data_ptr(), from.nbytes());
  return copy;
}

}  // namespace

FrameStack::FrameStack(std::int64_t depth) : depth_(depth) {
  TORCH_CHECK(depth >= 1, "frame_stack: got ", depth, ", allowed: at least 1");
}

void FrameStack::Reset(const torch::Tensor& observation) {
  observations_.assign(static_cast<std::size_t>(depth_), Copy(observation));
}

void FrameStack::Push(const torch::Tensor& observation) {
  TORCH_CHECK(!observations_.empty(), "FrameStack::Push before Reset");
  std::rotate(observations_.begin(), observations_.begin() + 1, observations_.end());
  observations_.back() = Copy(observation);
}

torch::Tensor FrameStack::Get() const {
  TORCH_CHECK(!observations_.empty(), "FrameStack::Get before Reset");
  const auto stack =
      torch::cat(observations_, -1).unsqueeze(0);  // [1, H, W, depth*C] or [1, depth*D]
  return stack.dim() == 4 ? stack.permute({0, 3, 1, 2}) : stack;
}

}  // namespace curl_rl::replay
