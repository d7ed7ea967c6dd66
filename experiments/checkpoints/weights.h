// An agent's weights alone, without what only its training needs: exported for other programs, and
// read from this project's files or the reference implementation's.
#pragma once

#include <string>
#include <vector>

#include "replay/named_tensors.h"

namespace curl_rl::experiments {

/// The parameters and buffers among what Agent::Save gives (Agent::Weights): encoder, key_encoder,
/// q, target_q, actor, objective, log_alpha; no optimiser, counter or random stream.
replay::NamedTensors WeightsOf(const replay::NamedTensors& agent);

/// The weights of `files`, under the names of Agent::Save. A file is either safetensors, with
/// these names or the reference's (actor.*, critic.*, critic_target.*, curl.W), or a state
/// dictionary that the reference saved: actor_*.pt, critic_*.pt, curl_*.pt, told apart by what they
/// hold. The unpickler knows tensors and containers and calls nothing: any other pickle is refused.
/// Throws std::runtime_error that names the file.
replay::NamedTensors ReadWeights(const std::vector<std::string>& files);

/// `agent`, what Agent::Save gave, with `weights` in the place of its own. The reference saves
/// no target networks: where they are missing they start as copies, as at a run's beginning. W and
/// log_alpha stay the agent's where they are missing. Throws std::runtime_error that names a tensor
/// that is missing, unknown or not finite.
replay::NamedTensors WithWeights(const replay::NamedTensors& agent,
                                 const replay::NamedTensors& weights);

}  // namespace curl_rl::experiments
