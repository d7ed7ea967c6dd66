// Chooses an agent's weights among its state, and puts weights of any known format in their place.
#include "experiments/checkpoints/weights.h"

#include <algorithm>
#include <stdexcept>

#include "agents/reference_format.h"
#include "experiments/checkpoints/safetensors.h"
#include "experiments/checkpoints/state_dictionary.h"
#include "experiments/files/atomic_file.h"

namespace curl_rl::experiments {
namespace {

using replay::NamedTensors;

bool StartsWith(const std::string& text, const std::string& prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

// `tensors` with their names behind `prefix`.
NamedTensors Prefixed(const NamedTensors& tensors, const std::string& prefix) {
  NamedTensors named;
  for (const auto& [name, tensor] : tensors) named[prefix + name] = tensor;
  return named;
}

// Whose dictionary it is shows in its names. The parts of CURL's that are the critic's encoder are
// left to critic_*.pt.
NamedTensors WithReferenceNames(const std::string& path, const NamedTensors& tensors) {
  if (tensors.count("W") == 1) {
    NamedTensors named = {{"curl.W", tensors.at("W")}};
    const std::string target = "encoder_target.";
    for (const auto& [name, tensor] : tensors) {
      if (StartsWith(name, target)) {
        named["critic_target.encoder." + name.substr(target.size())] = tensor;
      }
    }
    return named;
  }
  if (tensors.count("Q1.trunk.0.weight") == 1) return Prefixed(tensors, "critic.");
  if (tensors.count("trunk.0.weight") == 1) return Prefixed(tensors, "actor.");
  throw std::runtime_error(path +
                           ": neither the reference's actor (trunk.0.weight) nor its critic "
                           "(Q1.trunk.0.weight) nor its CURL module (W)");
}

// One file under the names it uses: this project's or the reference's.
NamedTensors ReadFile(const std::string& path) {
  const auto bytes = ReadWholeFile(path);
  if (StartsWith(bytes, "PK")) return WithReferenceNames(path, ReadStateDictionary(path, bytes));
  if (StartsWith(bytes, "\x80\x02")) {
    throw std::runtime_error(path +
                             ": a pickle as PyTorch before 1.6 wrote them, allowed: its zip files; "
                             "load it there and save it again with a newer PyTorch");
  }
  return ReadSafetensors(path);
}

// In the reference the encoder of actor and critic share their convolutions; FromReference must see
// them all at once, since the projection's order of columns depends on their number.
NamedTensors WithOwnNames(const NamedTensors& tensors) {
  NamedTensors own, reference;
  for (const auto& [name, tensor] : tensors) {
    const bool theirs = StartsWith(name, "critic.") || StartsWith(name, "critic_target.") ||
                        StartsWith(name, "curl.") || StartsWith(name, "actor.encoder.");
    (theirs ? reference : own)[name] = tensor;
  }
  if (reference.empty()) return own;
  // actor.trunk.* is called the same by both.
  for (const auto& [name, tensor] : agents::FromReference(reference)) own[name] = tensor;
  return own;
}

}  // namespace

// All but what only training needs: optimisers' states, counters, random streams.
NamedTensors WeightsOf(const NamedTensors& agent) {
  NamedTensors weights;
  for (const auto& [name, tensor] : agent) {
    const auto part = name.substr(0, name.find('.'));
    if (part.find("_adam") != std::string::npos || part.find("_stream") != std::string::npos ||
        name == "gradient_step") {
      continue;
    }
    weights[name] = tensor;
  }
  return weights;
}

NamedTensors ReadWeights(const std::vector<std::string>& files) {
  NamedTensors all;
  for (const auto& path : files) {
    for (const auto& [name, tensor] : ReadFile(path)) {
      if (!all.emplace(name, tensor).second) {
        throw std::runtime_error(path + ": '" + name + "' is in an earlier file too");
      }
    }
  }
  auto weights = WithOwnNames(all);
  const auto bad = replay::FirstNotFinite(weights);
  if (!bad.empty()) throw std::runtime_error("weights: '" + bad + "' is not finite");
  return weights;
}

NamedTensors WithWeights(const NamedTensors& agent, const NamedTensors& weights) {
  auto given = weights;
  for (const auto& [copy, original] :
       {std::pair("key_encoder.", "encoder."), std::pair("target_q.", "q.")}) {
    const bool missing =
        std::none_of(given.begin(), given.end(),
                     [&, prefix = copy](const auto& w) { return StartsWith(w.first, prefix); });
    if (!missing) continue;
    for (const auto& [name, tensor] : weights) {
      if (StartsWith(name, original))
        given[copy + name.substr(std::string(original).size())] = tensor;
    }
  }
  auto state = agent;
  for (const auto& [name, tensor] : WeightsOf(agent)) {
    const auto found = given.find(name);
    if (found != given.end()) {
      state[name] = found->second.to(tensor.device(), tensor.scalar_type());
      given.erase(found);
    } else if (!StartsWith(name, "objective") && name != "log_alpha") {
      throw std::runtime_error("weights: '" + name + "' is missing");
    }
  }
  for (const auto& [name, tensor] : given) {
    if (StartsWith(name, "objective")) continue;  // of a method this config does not use
    throw std::runtime_error("weights: the agent of this config has no '" + name + "'");
  }
  return state;
}

}  // namespace curl_rl::experiments
