// Every objective fed by a replay, saved and taken up again: clusters, stores, queues and streams
// among what must go on bit for bit.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <tuple>

#include "agents/learner.h"
#include "replay/replay_buffer.h"
#include "tests/encoders/objective_fixture.h"

namespace curl_rl::agents {
namespace {

using Case = std::tuple<std::string, Schedule, Precision>;

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const auto& info : encoders::ObjectiveInfos()) names.push_back(info.name);
  return names;
}

class EveryObjectiveOfAReplay : public testing::TestWithParam<Case> {
 protected:
  // With clusterings every other step, each a different observation's.
  static AgentConfig Config() {
    AgentConfig config;
    config.batch_size = 8;
    config.encoder.num_layers = 2;
    config.encoder.num_filters = 4;
    config.encoder.feature_dim = 8;
    config.sac.hidden_dim = 16;
    config.crop_size = 16;
    config.schedule = std::get<1>(GetParam());
    config.precision = std::get<2>(GetParam());
    config.objectives.clear();
    auto settings = encoders::EagerSettings(std::get<0>(GetParam()));
    for (auto& setting : settings->Describe()) {
      if (setting.name == "refresh_every") *std::get<std::int64_t*>(setting.value) = 2;
    }
    config.objectives.emplace_back(std::move(settings));
    return config;
  }

  static std::unique_ptr<Learner> MakeLearner(std::uint64_t seed) {
    AgentSpec spec;
    spec.channels = 9;
    spec.action_size = 2;
    spec.seed = seed;
    return std::make_unique<Learner>(Config(), spec);
  }

  static replay::ReplayOptions Options(std::uint64_t seed) {
    replay::ReplayOptions options;
    options.observation_shape = {20, 20, 3};
    options.action_size = 2;
    options.capacity = 100;
    options.seed = seed;
    return options;
  }

  static std::unique_ptr<replay::ReplayBuffer> MakeReplay() {
    auto buffer = std::make_unique<replay::ReplayBuffer>(Options(1));
    const auto stream = at::detail::createCPUGenerator(1);
    const auto frame = [&] { return torch::randint(256, {20, 20, 3}, stream, torch::kUInt8); };
    for (int i = 0; i < 60; ++i) {
      if (i % 12 == 0) buffer->BeginEpisode(frame());
      buffer->Add(frame(), {0.1, -0.2}, (i % 7) / 7.0, false, i % 12 == 11);
    }
    return buffer;
  }

  static replay::NamedTensors Copy(replay::NamedTensors tensors) {
    for (auto& [name, tensor] : tensors) tensor = tensor.clone();
    return tensors;
  }
};

TEST_P(EveryObjectiveOfAReplay, GoesOnBitForBitWhereItWasSaved) {
  auto agent = MakeLearner(1);
  auto replay = MakeReplay();
  for (int n = 0; n < 5; ++n) agent->Update(*replay);

  auto resumed = MakeLearner(77);
  resumed->Load(Copy(agent->Save()));
  replay::ReplayBuffer other(Options(9));
  other.Load(Copy(replay->Save()));
  const auto first = replay->first_id();
  other.SetObservations(first, replay->Observations(first, replay->next_id()));

  for (int n = 0; n < 5; ++n) {
    const auto ours = agent->Update(*replay), again = resumed->Update(other);
    ASSERT_EQ(ours.names, again.names);
    EXPECT_TRUE(torch::equal(ours.values, again.values)) << n << "\n" << ours.values;
  }
  const auto saved = resumed->Save();
  for (const auto& [name, tensor] : agent->Save()) {
    EXPECT_TRUE(torch::equal(tensor, saved.at(name))) << name;
    if (tensor.is_floating_point()) {
      EXPECT_TRUE(tensor.isfinite().all().item<bool>()) << name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Learner, EveryObjectiveOfAReplay,
                         testing::Combine(testing::ValuesIn(Names()),
                                          testing::Values(Schedule::kReference, Schedule::kJoint),
                                          testing::Values(Precision::kFloat32,
                                                          Precision::kBFloat16)),
                         [](const auto& test) {
                           return std::get<0>(test.param) + "_" +
                                  envs::NameOf(std::get<1>(test.param)) + "_" +
                                  envs::NameOf(std::get<2>(test.param));
                         });

}  // namespace
}  // namespace curl_rl::agents
