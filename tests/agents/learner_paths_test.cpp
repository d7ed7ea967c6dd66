// Every path through an update, with each objective of the list: saved and taken up again, and with
// the objective at weight zero.
#include <gtest/gtest.h>

#include <cmath>
#include <tuple>

#include "tests/agents/learner_fixture.h"

namespace curl_rl::agents {
namespace {

// All settings that change the path through Update, and each objective of the list.
class EveryPath
    : public testing::TestWithParam<std::tuple<Schedule, std::string, Precision, ActorCriticKind>> {
 protected:
  static AgentConfig Config() {
    auto config = SmallConfig();
    config.actor_critic = std::get<3>(GetParam());
    config.schedule = std::get<0>(GetParam());
    config.precision = std::get<2>(GetParam());
    config.objectives.clear();
    const auto& objective = std::get<1>(GetParam());
    if (objective != kNone) {
      auto settings = encoders::MakeObjectiveSettings(objective);
      for (auto& setting : settings->Describe()) {  // not 1024 places
        if (setting.name == "anchors") *std::get<std::int64_t*>(setting.value) = 64;
      }
      config.objectives.emplace_back(std::move(settings));
    }
    return config;
  }

 public:
  static constexpr const char* kNone = "none";

  static std::vector<std::string> Objectives() {
    std::vector<std::string> names = {kNone};
    for (const auto& info : encoders::ObjectiveInfos()) names.push_back(info.name);
    return names;
  }
};

TEST_P(EveryPath, GoesOnExactlyWhereItWasSaved) {
  const auto config = Config();
  Learner agent(config, SmallSpec());
  for (std::uint64_t n = 0; n < 3; ++n) agent.UpdateOn(BatchFor(agent, n));
  auto spec = SmallSpec();
  spec.seed = 77;
  Learner resumed(config, spec);
  resumed.Load(Copy(agent));
  for (std::uint64_t n = 3; n < 6; ++n) {
    const auto a = agent.UpdateOn(BatchFor(agent, n));
    const auto b = resumed.UpdateOn(BatchFor(agent, n));
    for (const auto& [name, value] : a) {
      EXPECT_TRUE(torch::equal(value, b.at(name))) << name;
      EXPECT_TRUE(std::isfinite(value.item<double>())) << name;
    }
  }
  const auto saved = resumed.Save();
  for (const auto& [name, tensor] : agent.Save()) {  // queues, momentum copies, streams among them
    EXPECT_TRUE(torch::equal(tensor, saved.at(name))) << name;
  }
  const auto stack = torch::randint(256, {1, 9, 16, 16}, torch::kUInt8);
  EXPECT_TRUE(
      torch::equal(agent.Act(stack, ActMode::kSample), resumed.Act(stack, ActMode::kSample)));
}

// An objective of weight 0 changes nothing of actor, critic, encoder and their streams.
TEST_P(EveryPath, AnObjectiveOfWeightZeroIsNone) {
  auto config = Config();
  if (!config.objectives.empty()) config.objectives[0]->common.weight = 0.0;
  Learner silent(config, SmallSpec());
  config.objectives.clear();
  Learner none(config, SmallSpec());
  for (std::uint64_t n = 0; n < 3; ++n) {
    const auto batch = BatchFor(silent, n);
    silent.UpdateOn(batch);
    none.UpdateOn(batch);
  }
  const auto a = silent.Save();
  for (const auto& [name, tensor] : none.Save()) {
    EXPECT_TRUE(torch::equal(tensor, a.at(name))) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Learner, EveryPath,
    testing::Combine(testing::Values(Schedule::kReference, Schedule::kJoint),
                     testing::ValuesIn(EveryPath::Objectives()),
                     testing::Values(Precision::kFloat32, Precision::kBFloat16),
                     testing::Values(ActorCriticKind::kSac, ActorCriticKind::kDdpg)),
    [](const auto& test) {
      return std::string(envs::NameOf(std::get<0>(test.param))) + "_" + std::get<1>(test.param) +
             "_" + envs::NameOf(std::get<2>(test.param)) + "_" +
             envs::NameOf(std::get<3>(test.param));
    });

}  // namespace
}  // namespace curl_rl::agents
