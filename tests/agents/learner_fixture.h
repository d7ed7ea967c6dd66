// Learners with small networks, batches and a replay that they update from.
#pragma once

#include <ATen/CPUGeneratorImpl.h>

#include <string>
#include <vector>

#include "agents/learner.h"
#include "replay/replay_buffer.h"
#include "tests/encoders/made_batch.h"

namespace curl_rl::agents {

constexpr std::int64_t kRows = 16;

inline AgentConfig SmallConfig() {
  AgentConfig config;
  config.batch_size = kRows;
  config.encoder.num_layers = 2;
  config.encoder.num_filters = 4;
  config.encoder.feature_dim = 8;
  config.sac.hidden_dim = 16;
  config.ddpg.hidden_dim = 16;
  config.crop_size = 16;
  return config;
}

inline AgentSpec SmallSpec(std::uint64_t seed = 1) {
  AgentSpec spec;
  spec.seed = seed;
  spec.replay_capacity = 1000;
  spec.channels = 9;
  spec.action_size = 2;
  return spec;
}

/// Random pictures in all `views`.
inline replay::Batch BatchOf(const std::vector<replay::View>& views, std::int64_t horizon,
                             std::uint64_t seed) {
  const auto stream = at::detail::createCPUGenerator(seed);
  replay::Batch batch;
  for (const auto& view : views) batch.tensors[view.name] = torch::rand({kRows, 9, 16, 16}, stream);
  encoders::AddNumbers(views, horizon, kRows, 2, 10 * static_cast<std::int64_t>(seed), stream,
                       batch);
  return batch;
}

inline replay::Batch RandomBatch(std::uint64_t seed) {
  std::vector<replay::View> views(3);
  views[0].name = "observation";
  views[1].name = "next_observation";
  views[2].name = "positive";
  return BatchOf(views, 0, seed);
}

/// What `agent` asks of the replay.
inline replay::Batch BatchFor(const Learner& agent, std::uint64_t seed) {
  return BatchOf(agent.batch_spec().views, agent.batch_spec().horizon, seed);
}

inline replay::NamedTensors Copy(const Learner& agent) {
  auto state = agent.Save();
  for (auto& [name, tensor] : state) tensor = tensor.clone();
  return state;
}

/// Whether all that begin with `prefix` are the same.
inline bool Equal(const replay::NamedTensors& a, const replay::NamedTensors& b,
                  const std::string& prefix) {
  bool equal = true;
  for (const auto& [name, tensor] : a) {
    if (name.compare(0, prefix.size(), prefix) == 0) equal &= torch::equal(tensor, b.at(name));
  }
  return equal;
}

inline replay::ReplayOptions SmallReplayOptions(std::uint64_t seed = 1) {
  replay::ReplayOptions options;
  options.observation_shape = {20, 20, 3};
  options.action_size = 2;
  options.capacity = 100;
  options.seed = seed;
  return options;
}

/// Five episodes of random frames, 12 transitions each.
inline replay::ReplayBuffer MakeReplay() {
  replay::ReplayBuffer replay(SmallReplayOptions());
  const auto stream = at::detail::createCPUGenerator(1);
  const auto frame = [&] { return torch::randint(256, {20, 20, 3}, stream, torch::kUInt8); };
  for (int n = 0; n < 60; ++n) {
    if (n % 12 == 0) replay.BeginEpisode(frame());
    replay.Add(frame(), {0.1, -0.2}, (n % 7) / 7.0, false, n % 12 == 11);
  }
  return replay;
}

}  // namespace curl_rl::agents
