// The one place that makes an agent of a config.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "agents/agent.h"
#include "experiments/config/config.h"

namespace curl_rl::experiments {

/// The agent that `config` describes, for observations {H, W, C} or {D} and actions of these sizes.
std::unique_ptr<agents::Agent> MakeAgent(const ExperimentConfig& config,
                                         const std::vector<std::int64_t>& observation_shape,
                                         std::int64_t action_size, const torch::Device& device);

}  // namespace curl_rl::experiments
