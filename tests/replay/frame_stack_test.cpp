// The frame stack that acting looks at.
#include "replay/frame_stack.h"

#include <gtest/gtest.h>

namespace curl_rl::replay {
namespace {

torch::Tensor Frame(int value) { return torch::full({4, 4, 3}, value, torch::kUInt8); }

// The values of the frames in a stack [1, 3K, 4, 4], one a frame.
std::vector<int> Values(const torch::Tensor& stack) {
  std::vector<int> values;
  for (std::int64_t channel = 0; channel < stack.size(1); channel += 3) {
    values.push_back(stack[0][channel][0][0].item<int>());
  }
  return values;
}

TEST(FrameStack, TheFirstFrameStandsForThoseBeforeIt) {
  FrameStack stack(3);
  stack.Reset(Frame(7));
  EXPECT_EQ(Values(stack.Get()), (std::vector<int>{7, 7, 7}));
  stack.Push(Frame(8));
  EXPECT_EQ(Values(stack.Get()), (std::vector<int>{7, 7, 8}));
  stack.Push(Frame(9));
  stack.Push(Frame(10));
  EXPECT_EQ(Values(stack.Get()), (std::vector<int>{8, 9, 10}));
  stack.Reset(Frame(1));
  EXPECT_EQ(Values(stack.Get()), (std::vector<int>{1, 1, 1}));
}

TEST(FrameStack, KeepsCopies) {
  FrameStack stack(2);
  auto frame = Frame(1);
  stack.Reset(frame);
  frame.fill_(5);
  EXPECT_EQ(Values(stack.Get()), (std::vector<int>{1, 1}));
}

TEST(FrameStack, RefusesUseBeforeReset) {
  FrameStack stack(2);
  EXPECT_THROW(stack.Get(), c10::Error);
  EXPECT_THROW(stack.Push(Frame(1)), c10::Error);
  EXPECT_THROW(FrameStack(0), c10::Error);
}

}  // namespace
}  // namespace curl_rl::replay
