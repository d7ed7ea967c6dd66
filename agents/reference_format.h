// The reference implementation's state dictionaries (MishaLaskin/curl: actor_*.pt, critic_*.pt,
// curl_*.pt) in this project's names and memory order, and back.
#pragma once

#include "replay/named_tensors.h"

namespace curl_rl::agents {

/// `tensors`: the reference's parameters as {actor,critic,critic_target}.<name>, curl.W, log_alpha
/// (any subset). Returns them under the names of Agent::Save. The actor's convolutions are left
/// out: they are the critic's. A projection's columns are reordered from (filter, row, column) to
/// (row, column, filter). Throws std::runtime_error for a name that the reference does not have.
replay::NamedTensors FromReference(const replay::NamedTensors& tensors);

/// The inverse, for every parameter in `tensors` that the reference has; others are left out.
replay::NamedTensors ToReference(const replay::NamedTensors& tensors);

}  // namespace curl_rl::agents
