// An environment at play: actions are held, control steps counted, rewards summed.
#pragma once

#include <cstdint>
#include <vector>

#include "envs/environment.h"

namespace curl_rl::envs {

/// Plays one environment, an episode at a time; each action is held for `action_repeat` control
/// steps, or until the episode ends:
///
///   for (episode.Begin(); !episode.over(); episode.Step()) {
///     if (episode.decision_due()) episode.Hold(action);
///   }
///
/// Everything that plays goes through here: training and evaluation, roll-outs, films, the viewer.
class Episode {
 public:
  /// `environment` must outlive it. Throws std::invalid_argument unless `action_repeat` is at
  /// least 1.
  explicit Episode(Environment& environment, std::int64_t action_repeat = 1);

  /// Starts the environment's next episode.
  void Begin();

  /// Whether the action was held for as long as it is to be, or none has been chosen yet.
  bool decision_due() const { return left_ == 0; }

  /// What the following control steps apply. Valid too where the environment was restored in the
  /// middle of an episode; step() and episode_return() then count from there.
  void Hold(std::vector<double> action);

  /// One control step under the action held. Throws std::logic_error while a decision is due.
  StepResult Step();

  std::int64_t step() const { return step_; }                // control steps made
  double episode_return() const { return episode_return_; }  // the sum of their rewards
  bool over() const { return over_; }

 private:
  Environment* environment_;
  std::int64_t action_repeat_;
  std::vector<double> action_;
  std::int64_t left_ = 0;  // control steps for which action_ is still held
  std::int64_t step_ = 0;
  double episode_return_ = 0.0;
  bool over_ = false;
};

}  // namespace curl_rl::envs
