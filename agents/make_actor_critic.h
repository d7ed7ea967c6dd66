// The one list of actor-critics.
#pragma once

#include <memory>

#include "agents/actor_critic.h"
#include "agents/agent_config.h"
#include "encoders/pixel_encoder.h"

namespace curl_rl::agents {

/// The actor-critic that `config` chooses, on spec.device; its parameters are drawn from `stream`.
std::shared_ptr<ActorCritic> MakeActorCritic(const AgentConfig& config,
                                             const encoders::EncoderOptions& encoder,
                                             const AgentSpec& spec, const at::Generator& stream);

}  // namespace curl_rl::agents
