// A small replay, frames that tell their number, and a plain twin that stores whole stacks.
#pragma once

#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <cstdint>
#include <deque>
#include <vector>

#include "replay/replay_buffer.h"

namespace curl_rl::replay {

inline ReplayOptions SmallOptions() {
  ReplayOptions options;
  options.observation_shape = {6, 6, 1};
  options.capacity = 64;
  options.frame_stack = 3;
  return options;
}

// CURL's three views, cut to `size`.
inline BatchSpec Spec(std::int64_t batch_size, std::int64_t size = 6, bool with_positive = true) {
  BatchSpec spec;
  spec.batch_size = batch_size;
  for (const char* name : {"observation", "next_observation", "positive"}) {
    View view;
    view.name = name;
    view.size = size;
    if (view.name == "next_observation") view.of = ViewOf::kNext;
    if (view.name != "positive" || with_positive) spec.views.push_back(view);
  }
  return spec;
}

// Every pixel of a frame holds the number of its decision, so that a sampled stack tells which
// frames it is made of.
inline torch::Tensor Frame(int number) {
  return torch::full({6, 6, 1}, number % 251, torch::kUInt8);
}

inline std::vector<int> StackOf(const torch::Tensor& observation, std::int64_t row) {
  std::vector<int> stack;
  stack.reserve(static_cast<std::size_t>(observation.size(1)));
  for (std::int64_t k = 0; k < observation.size(1); ++k) {
    stack.push_back(static_cast<int>(std::lround(observation[row][k][0][0].item<float>() * 255)));
  }
  return stack;
}

// The plain twin: a replay that stores whole stacks, as the reference does.
struct PlainTransition {
  std::vector<int> stack, next_stack;
  double action, reward, not_terminal;
};

class PlainReplay {
 public:
  void BeginEpisode(int frame) { stack_.assign(3, frame % 251); }
  void Add(int frame, double action, double reward, bool terminated, std::size_t capacity) {
    PlainTransition transition{stack_, stack_, action, reward, terminated ? 0.0 : 1.0};
    transition.next_stack.erase(transition.next_stack.begin());
    transition.next_stack.push_back(frame % 251);
    stack_ = transition.next_stack;
    transitions_.push_back(transition);
    if (transitions_.size() > capacity) transitions_.pop_front();
  }
  const std::deque<PlainTransition>& transitions() const { return transitions_; }

 private:
  std::vector<int> stack_;
  std::deque<PlainTransition> transitions_;
};

// Plays `decisions` decisions with episodes of 3 to 40 decisions into both; the reward is the
// decision's number, so that a sampled row can be looked up in the plain replay.
inline void Play(ReplayBuffer& replay, PlainReplay& plain, int decisions, std::uint64_t seed) {
  torch::manual_seed(seed);
  int frame = 0;
  int left = 0;
  for (int n = 0; n < decisions; ++n) {
    if (left == 0) {
      left = 3 + torch::randint(38, {1}).item<int>();
      replay.BeginEpisode(Frame(frame));
      plain.BeginEpisode(frame);
      ++frame;
    }
    --left;
    const bool terminated = left == 0 && n % 2 == 0;
    const bool truncated = left == 0 && !terminated;
    const double action = std::sin(n);
    replay.Add(Frame(frame), {action}, n, terminated, truncated);
    plain.Add(frame, action, n, terminated, 64);
    ++frame;
  }
}

}  // namespace curl_rl::replay
