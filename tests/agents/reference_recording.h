// Recordings of reference implementations: dictionaries of tensors that torch.save wrote.
#pragma once

#include <gtest/gtest.h>
#include <torch/csrc/jit/serialization/pickle.h>
#include <torch/types.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "agents/learner.h"
#include "replay/named_tensors.h"
#include "replay/replay_buffer.h"

namespace curl_rl::agents {

using replay::NamedTensors;

/// Two builds of a reference itself differ by up to 1e-5 of a tensor's norm (another convolution
/// backend, another thread count): this leaves room for that and for nothing else.
constexpr double kTolerance = 1e-4;

/// The recording in the file `path`.
inline NamedTensors ReadRecording(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(file)),
                                std::istreambuf_iterator<char>());
  NamedTensors tensors;
  for (const auto& item : torch::jit::pickle_load(bytes).toGenericDict()) {
    tensors[item.key().toStringRef()] = item.value().toTensor();
  }
  return tensors;
}

/// tests/golden/`name`, or the file that the environment's `variable` names.
inline NamedTensors ReadRecording(const std::string& name, const char* variable) {
  const char* named = std::getenv(variable);
  return ReadRecording(named != nullptr ? named : CURL_RL_SOURCE_DIR "/tests/golden/" + name);
}

/// The tensors whose names start with `prefix`, without it.
inline NamedTensors Under(const NamedTensors& tensors, const std::string& prefix) {
  NamedTensors found;
  for (const auto& [name, tensor] : tensors) {
    if (name.compare(0, prefix.size(), prefix) == 0) found[name.substr(prefix.size())] = tensor;
  }
  return found;
}

/// An agent with these parameters; its optimisers and streams are as new.
inline std::unique_ptr<Learner> RecordedAgent(const AgentConfig& config, const AgentSpec& spec,
                                              const NamedTensors& parameters) {
  auto agent = std::make_unique<Learner>(config, spec);
  auto state = agent->Save();
  for (const auto& [name, tensor] : parameters) state.at(name) = tensor.to(state.at(name).dtype());
  state.at("gradient_step") = torch::tensor(std::int64_t{1});  // updates are numbered from 1
  agent->Load(state);
  return agent;
}

/// Equal but for kTolerance of the recorded tensor's 2-norm.
inline void ExpectEqual(const torch::Tensor& ours, const torch::Tensor& recorded,
                        const std::string& name) {
  ASSERT_EQ(ours.numel(), recorded.numel()) << name;
  const auto a = ours.to(torch::kFloat64).flatten();
  const auto b = recorded.to(torch::kFloat64).flatten();
  const double scale = std::max(b.norm().item<double>(), 1e-12);
  EXPECT_LE((a - b).norm().item<double>() / scale, kTolerance) << name;
}

/// What an update left in ours (`state`, in the reference's names) beside `after`: parameters, or
/// their norms under <name>.norm. Returns how many.
inline int ExpectAfter(const NamedTensors& state, const NamedTensors& after,
                       const std::string& update) {
  const std::string suffix = ".norm";
  for (const auto& [name, recorded] : after) {
    const bool norm = name.size() > suffix.size() &&
                      name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
    const auto& tensor = state.at(norm ? name.substr(0, name.size() - suffix.size()) : name);
    ExpectEqual(norm ? tensor.to(torch::kFloat64).norm() : tensor, recorded, update + ' ' + name);
  }
  return static_cast<int>(after.size());
}

}  // namespace curl_rl::agents
