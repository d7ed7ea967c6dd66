// Renames tensors and reorders the projection's columns, from the reference's form and back.
#include "agents/reference_format.h"

#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace curl_rl::agents {
namespace {

using replay::NamedTensors;

// {the reference's prefix, ours}. Longer prefixes first.
const std::vector<std::pair<std::string, std::string>>& Prefixes() {
  static const std::vector<std::pair<std::string, std::string>> kPrefixes = {
      {"critic.encoder.convs.", "encoder.conv_stack.convs."},
      {"critic.encoder.fc.", "encoder.projection.linear."},
      {"critic.encoder.ln.", "encoder.projection.norm."},
      {"critic.Q1.trunk.", "q.q1."},
      {"critic.Q2.trunk.", "q.q2."},
      {"critic_target.encoder.convs.", "key_encoder.conv_stack.convs."},
      {"critic_target.encoder.fc.", "key_encoder.projection.linear."},
      {"critic_target.encoder.ln.", "key_encoder.projection.norm."},
      {"critic_target.Q1.trunk.", "target_q.q1."},
      {"critic_target.Q2.trunk.", "target_q.q2."},
      {"actor.encoder.fc.", "actor.projection.linear."},
      {"actor.encoder.ln.", "actor.projection.norm."},
      {"actor.trunk.", "actor.trunk."},
      {"curl.W", "objective.W"},
      {"log_alpha", "log_alpha"},
  };
  return kPrefixes;
}

bool StartsWith(const std::string& text, const std::string& prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

// The projection's weight [feature_dim, filters * side * side] between the two orders of a row.
torch::Tensor Reorder(const torch::Tensor& weight, std::int64_t filters, bool to_reference) {
  const auto area = weight.size(1) / filters;
  const auto first = to_reference ? area : filters;
  const auto second = to_reference ? filters : area;
  return weight.view({weight.size(0), first, second}).transpose(1, 2).flatten(1).contiguous();
}

// Filters of the last convolution: the bias of any convolution has as many.
std::int64_t Filters(const NamedTensors& tensors) {
  for (const auto& [name, tensor] : tensors) {
    if (name.find("convs.0.bias") != std::string::npos) return tensor.numel();
  }
  throw std::runtime_error(
      "reference parameters: no convolution among them, so the order of the "
      "projection's columns is unknown");
}

NamedTensors Convert(const NamedTensors& tensors, bool to_reference) {
  NamedTensors converted;
  for (const auto& [name, tensor] : tensors) {
    for (const auto& [theirs, ours] : Prefixes()) {
      const auto& from = to_reference ? ours : theirs;
      const auto& to = to_reference ? theirs : ours;
      if (!StartsWith(name, from)) continue;
      const bool projection = name.find("fc.weight") != std::string::npos ||
                              name.find("linear.weight") != std::string::npos;
      converted[to + name.substr(from.size())] =
          projection ? Reorder(tensor, Filters(tensors), to_reference) : tensor;
      break;
    }
  }
  return converted;
}

}  // namespace

NamedTensors FromReference(const NamedTensors& tensors) {
  auto converted = Convert(tensors, /*to_reference=*/false);
  for (const auto& [name, tensor] : tensors) {
    bool known = StartsWith(name, "actor.encoder.convs.");
    for (const auto& [theirs, ours] : Prefixes()) known = known || StartsWith(name, theirs);
    if (!known) throw std::runtime_error("reference parameters: unknown name '" + name + "'");
  }
  return converted;
}

NamedTensors ToReference(const NamedTensors& tensors) {
  auto converted = Convert(tensors, /*to_reference=*/true);
  for (const auto& [name, tensor] : NamedTensors(converted)) {
    const std::string convs = "critic.encoder.convs.";
    if (StartsWith(name, convs))
      converted["actor.encoder.convs." + name.substr(convs.size())] = tensor;
  }
  return converted;
}

}  // namespace curl_rl::agents
