// Every objective fed by a replay, saved and taken up again: clusters, stores, queues and streams
// among what must go on bit for bit.
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "tests/agents/learner_fixture.h"
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
    auto config = SmallConfig();
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
};

TEST_P(EveryObjectiveOfAReplay, GoesOnBitForBitWhereItWasSaved) {
  Learner agent(Config(), SmallSpec(1));
  auto replay = MakeReplay();
  for (int n = 0; n < 5; ++n) agent.Update(replay);

  Learner resumed(Config(), SmallSpec(77));
  resumed.Load(Copy(agent));
  replay::ReplayBuffer other(SmallReplayOptions(9));
  auto stored = replay.Save();
  for (auto& [name, tensor] : stored) tensor = tensor.clone();
  other.Load(stored);
  const auto first = replay.first_id();
  other.SetObservations(first, replay.Observations(first, replay.next_id()));

  for (int n = 0; n < 5; ++n) {
    const auto ours = agent.Update(replay), again = resumed.Update(other);
    ASSERT_EQ(ours.names, again.names);
    EXPECT_TRUE(torch::equal(ours.values, again.values)) << n << "\n" << ours.values;
  }
  const auto saved = resumed.Save();
  for (const auto& [name, tensor] : agent.Save()) {
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
