// What a run has learned, for whoever plays an environment. No LibTorch header is needed to ask.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "envs/registry.h"
#include "experiments/play/rollout.h"

namespace curl_rl::experiments {

struct PlayableRun {
  std::string task;
  envs::EnvironmentOptions environment;  // to make the task as the agent knows it
  RolloutPolicy policy;  // the mean of its policy, held for action_repeat control steps
};

/// Loads the agent of `run_dir` at `checkpoint` (latest | best | ENV_STEP). Throws UsageError for a
/// folder that is no run, std::runtime_error for a damaged checkpoint. Defined only where the
/// program is built with LibTorch (CURL_RL_WITH_TORCH).
PlayableRun LoadRun(const std::string& run_dir, const std::string& checkpoint, std::uint32_t seed,
                    const std::vector<std::string>& plugins);

}  // namespace curl_rl::experiments
