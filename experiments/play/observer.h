// What an agent sees of an environment: its newest observations as one stack.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "envs/environment.h"
#include "experiments/config/config.h"
#include "replay/frame_stack.h"

namespace curl_rl::experiments {

/// Looks at an environment for an agent; whoever plays for one sees through it.
class Observer {
 public:
  /// Of what `config` observes and stacks, in an environment that shows `spec`.
  Observer(const ExperimentConfig& config, const envs::ObservationSpec& spec);

  /// What `environment` shows now becomes the newest observation; with `first`, right after a
  /// reset, it stands for those before it too.
  void Look(envs::Environment& environment, bool first);

  /// What the last Look saw: uint8 [H, W, C] or float32 [D]. Valid until the next one.
  const torch::Tensor& newest() const { return newest_; }

  /// What Agent::Act takes: uint8 [1, K*C, H, W] or float32 [1, K*D].
  torch::Tensor Stack() const { return stack_.Get(); }

  /// {H, W, C} or {D}.
  const std::vector<std::int64_t>& shape() const { return shape_; }

  /// The stacked observations [K, H, W, C] or [K, D], oldest first; undefined before the first.
  torch::Tensor Save() const;

  /// Sees again what was saved. Throws std::runtime_error if `observations` have another shape.
  void Load(const torch::Tensor& observations);

 private:
  std::vector<std::int64_t> shape_;  // {H, W, C} or {D}
  std::vector<double> state_;        // [D] scratch; empty: pixels
  torch::Tensor newest_;             // uint8 [H, W, C] or float32 [D]
  replay::FrameStack stack_;
};

/// The rows of an action tensor float64 [N, A] as vectors, and the first of them.
std::vector<std::vector<double>> ActionsOf(const torch::Tensor& actions);
std::vector<double> FirstAction(const torch::Tensor& actions);

}  // namespace curl_rl::experiments
