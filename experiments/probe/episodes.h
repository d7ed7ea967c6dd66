// Episodes of a run's task that its training never saw, as the frames its agent sees.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "agents/agent.h"
#include "experiments/config/config.h"

namespace curl_rl::probe {

/// What the features are to tell.
enum class Target {
  kState,    // the task's state vector; of a MuJoCo task without one, its physics
  kPhysics,  // qpos and qvel: MuJoCo tasks only
};

struct EpisodeOptions {
  std::int64_t episodes = 20;  // by the policy, and as many with random actions
  std::int64_t frames = 4000;  // kept at most, half of each kind
  std::uint64_t seed = 1;      // of the environment's and the actions' streams
  Target target = Target::kState;
};

/// N decisions, evenly spaced in each episode.
struct Frames {
  torch::Tensor stacks;   // uint8 [N, H, W, K*C] as rendered, oldest frame first
  torch::Tensor states;   // float64 [N, T]
  torch::Tensor rewards;  // float64 [N] of the decision that led there, a control step
  torch::Tensor episode;  // int64 [N]; those by the policy come first
  torch::Tensor step;     // int64 [N] decisions made in the episode, from 1
  torch::Tensor random;   // bool [N] whether actions were random
  std::vector<std::string> state_names;  // [T] "position[0]"
  std::vector<double> returns;           // of each episode
  std::int64_t policy_episodes = 0;

  std::int64_t size() const { return stacks.size(0); }
  std::int64_t episodes() const { return static_cast<std::int64_t>(returns.size()); }
};

/// Plays them: the policy's mean first, then random actions (uniform, held for the action repeat).
/// The environments' streams depend on `options.seed` alone, so that all runs of a task start the
/// same episodes, and the random ones are the same frames. `progress` is told of each episode.
/// Throws UsageError for a task without state vector that MuJoCo does not simulate, and where no
/// frame can be kept.
Frames PlayHeldOut(const experiments::ExperimentConfig& config, agents::Agent& agent,
                   const EpisodeOptions& options,
                   const std::function<void(std::int64_t played)>& progress);

}  // namespace curl_rl::probe
