// Holds an action for its control steps and keeps count.
#include "envs/episode.h"

#include <stdexcept>
#include <string>
#include <utility>

namespace curl_rl::envs {

Episode::Episode(Environment& environment, std::int64_t action_repeat)
    : environment_(&environment), action_repeat_(action_repeat) {
  if (action_repeat < 1) {
    throw std::invalid_argument("action_repeat: got " + std::to_string(action_repeat) +
                                ", allowed: at least 1");
  }
}

void Episode::Begin() {
  environment_->Reset();
  left_ = 0;
  step_ = 0;
  episode_return_ = 0.0;
  over_ = false;
}

void Episode::Hold(std::vector<double> action) {
  action_ = std::move(action);
  left_ = action_repeat_;
  over_ = false;
}

StepResult Episode::Step() {
  if (decision_due()) throw std::logic_error("Episode::Step: no action is held");
  const auto result = environment_->Step(action_);
  ++step_;
  episode_return_ += result.reward;
  over_ = result.last();
  left_ = over_ ? 0 : left_ - 1;
  return result;
}

}  // namespace curl_rl::envs
