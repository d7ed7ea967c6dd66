// The agent of a run as a policy. No LibTorch header is needed to ask for one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "envs/registry.h"
#include "experiments/play/policy.h"

namespace curl_rl::experiments {

/// A run's agent, and the task as it knows it.
struct PlayableRun {
  std::string task;
  envs::EnvironmentOptions environment;  // to make the task as the agent knows it; its seed is 1
  std::unique_ptr<Policy> policy;        // the mean of the agent's policy, held for action_repeat
};

/// For whom it plays.
struct RunPolicyOptions {
  std::string checkpoint = "latest";      // latest | best | ENV_STEP
  std::vector<std::string> plugins = {};  // beside those that the run names
  bool watched =
      false;  // tells its opinions, and plays in a thread beside others: it takes no more
  // Takes over the newest checkpoint as soon as the training writes it; a run that has none yet
  // plays its untrained agent.
  bool follow = false;
};

/// Loads the agent of `run_dir`. Throws UsageError for a folder that is no run, std::runtime_error
/// for a damaged checkpoint. Defined only where the program is built with LibTorch
/// (CURL_RL_WITH_TORCH).
PlayableRun LoadRun(const std::string& run_dir, const RunPolicyOptions& options);

}  // namespace curl_rl::experiments
