// An environment as the agent sees it: action repeat, one observation a decision, frame stack.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "envs/environment.h"
#include "envs/episode.h"
#include "envs/registry.h"
#include "experiments/config/config.h"
#include "experiments/play/observer.h"
#include "replay/named_tensors.h"

namespace curl_rl::experiments {

/// How to make the task of `config` as its agent sees it, with a random stream from `seed`.
envs::EnvironmentOptions EnvironmentOptionsOf(const ExperimentConfig& config, std::uint32_t seed);

/// One decision: the sum of the rewards of the repeated control steps.
struct Decision {
  double reward = 0.0;
  bool terminated = false;
  bool truncated = false;

  bool last() const { return terminated || truncated; }
};

class AgentView {
 public:
  /// Makes the task of `config` with a random stream of its own from `seed`.
  AgentView(const ExperimentConfig& config, std::uint32_t seed);

  /// Starts an episode.
  void Reset();

  /// Starts the episode that follows the one that began at the snapshot `start`, whichever of the
  /// task's environments played that one, and sets `start` to its own beginning.
  void ResetAfter(std::vector<std::uint8_t>* start);

  /// Those of envs::Environment.
  std::vector<std::uint8_t> Snapshot() const { return environment_->Snapshot(); }
  void Restore(const std::vector<std::uint8_t>& bytes) { environment_->Restore(bytes); }

  /// Repeats `action` action_repeat times, or until the episode ends; draws one frame at the end.
  Decision Step(const std::vector<double>& action);

  /// What the last Reset or Step showed: uint8 [H, W, C] or float32 [D]. Valid until the next call.
  const torch::Tensor& observation() const { return observer_.newest(); }

  /// What Agent::Act takes: uint8 [1, K*C, H, W] or float32 [1, K*D].
  torch::Tensor Stack() const { return observer_.Stack(); }

  const std::vector<std::int64_t>& observation_shape() const { return observer_.shape(); }
  std::int64_t action_size() const { return environment_->action_spec().size; }
  const envs::Environment& environment() const { return *environment_; }

  /// Everything that decides the future of this view, mid-episode too. Without `environment` if the
  /// environment keeps no snapshots.
  replay::NamedTensors Save() const;

  /// Goes on where `Save` was called. Returns false if the state has no environment: a new episode
  /// must then begin. Throws std::runtime_error if `tensors` are not such.
  bool Load(const replay::NamedTensors& tensors);

 private:
  std::unique_ptr<envs::Environment> environment_;
  envs::Episode episode_;
  Observer observer_;
};

}  // namespace curl_rl::experiments
