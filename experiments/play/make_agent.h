// The one place that makes an agent, and its replay, of a config.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "agents/agent.h"
#include "experiments/config/config.h"
#include "replay/replay_buffer.h"

namespace curl_rl::experiments {

/// The agent that `config` describes, for observations {H, W, C} or {D} and actions of these sizes.
std::unique_ptr<agents::Agent> MakeAgent(const ExperimentConfig& config,
                                         const std::vector<std::int64_t>& observation_shape,
                                         std::int64_t action_size, const torch::Device& device);

/// The replay that it learns from: of no more transitions than the budget has decisions.
replay::ReplayOptions ReplayOptionsOf(const ExperimentConfig& config,
                                      const std::vector<std::int64_t>& observation_shape,
                                      std::int64_t action_size, const torch::Device& device);

}  // namespace curl_rl::experiments
