// Objectives that pass over the replay now and then: learners that update from one, saved between
// two passes and taken up again.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/agents/learner_fixture.h"
#include "tests/encoders/observed_operations.h"

namespace curl_rl::agents {
namespace {

class RefreshFromReplay
    : public testing::TestWithParam<std::tuple<Schedule, std::string, Precision>> {
 protected:
  static AgentConfig Config() {
    auto config = SmallConfig();
    config.schedule = std::get<0>(GetParam());
    config.precision = std::get<2>(GetParam());
    config.objectives.clear();
    config.objectives.emplace_back(encoders::MakeObjectiveSettings(std::get<1>(GetParam())));
    // Small enough that warm-ups end and passes come within a few steps.
    const std::map<std::string, std::int64_t> small = {
        {"refresh_every", 3}, {"warmup_steps", 3}, {"refresh_rows", 40}, {"clusters", 4},
        {"freeze_steps", 4},  {"queue_size", 20},  {"anchors", 64}};
    for (auto& setting : config.objectives[0]->Describe()) {
      const auto found = small.find(setting.name);
      if (found != small.end()) *std::get<std::int64_t*>(setting.value) = found->second;
    }
    return config;
  }

 public:
  static std::vector<std::string> Objectives() {
    std::vector<std::string> names;
    for (const auto& info : encoders::ObjectiveInfos()) names.push_back(info.name);
    return names;
  }
};

TEST_P(RefreshFromReplay, GoesOnExactlyWhereItWasSaved) {
  const auto config = Config();
  auto replay = MakeReplay(), other_replay = MakeReplay();
  Learner agent(config, SmallSpec(1));
  for (int n = 0; n < 5; ++n) agent.Update(replay);  // between two passes, in the warm-ups
  Learner resumed(config, SmallSpec(77));
  resumed.Load(Copy(agent));
  other_replay.Load(replay.Save());
  for (int n = 0; n < 8; ++n) {
    const auto a = agent.Update(replay), b = resumed.Update(other_replay);
    EXPECT_TRUE(torch::equal(a.values.nan_to_num(), b.values.nan_to_num())) << n;
  }
  const auto again = resumed.Save();
  for (const auto& [name, tensor] : agent.Save()) {
    EXPECT_TRUE(torch::equal(tensor, again.at(name))) << name;
    EXPECT_TRUE(tensor.isfinite().all().item<bool>()) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Learner, RefreshFromReplay,
                         testing::Combine(testing::Values(Schedule::kReference, Schedule::kJoint),
                                          testing::ValuesIn(RefreshFromReplay::Objectives()),
                                          testing::Values(Precision::kFloat32,
                                                          Precision::kBFloat16)),
                         [](const auto& test) {
                           return std::string(envs::NameOf(std::get<0>(test.param))) + "_" +
                                  std::get<1>(test.param) + "_" +
                                  envs::NameOf(std::get<2>(test.param));
                         });

TEST(RefreshFromReplayErrors, AnErrorNamesTheWholeKey) {
  auto config = SmallConfig();
  auto pcl = std::make_unique<encoders::SettingsOf<encoders::PclConfig>>();
  pcl->config.warmup_steps = 0;
  config.objectives.clear();
  config.objectives.emplace_back(std::move(pcl));
  Learner agent(config, SmallSpec(1));
  auto replay = MakeReplay();
  try {
    agent.Update(replay);
    ADD_FAILURE() << "256 clusters of 60 transitions";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(),
                 "agent.pcl.clusters: got 64, 256 in the finest of 3 granularities, allowed "
                 "there: at most 60, the transitions stored");
  }
}

// With the next observation as key nothing is encoded for it: one pass less than CURL, in steps
// with and without a move of the momentum encoder.
TEST(LearnerPasses, TemporalWithTheNextObservationSavesOne) {
  const auto passes = [](std::unique_ptr<encoders::ObjectiveSettings> objective) {
    auto config = SmallConfig();
    config.objectives.clear();
    config.objectives.emplace_back(std::move(objective));
    std::vector<std::int64_t> counts;
    for (const auto schedule : {Schedule::kReference, Schedule::kJoint}) {
      config.schedule = schedule;
      Learner agent(config, SmallSpec(1));
      auto replay = MakeReplay();
      for (int step = 0; step < 2; ++step) {
        const auto operations = encoders::OperationsOf([&] { agent.Update(replay); });
        // The encoder ends with one.
        counts.push_back(
            std::count(operations.begin(), operations.end(), "aten::native_layer_norm"));
      }
    }
    return counts;
  };
  auto next = std::make_unique<encoders::SettingsOf<encoders::TemporalConfig>>();
  next->config.key = encoders::TemporalKey::kNext;
  const auto of_curl = passes(encoders::MakeObjectiveSettings("curl"));
  const auto of_ahead = passes(encoders::MakeObjectiveSettings("temporal"));
  const auto of_next = passes(std::move(next));
  EXPECT_EQ(of_ahead, of_curl);
  for (std::size_t i = 0; i < of_curl.size(); ++i) {
    EXPECT_GE(of_curl[i], 3) << i;
    EXPECT_EQ(of_next[i], of_curl[i] - 1) << i;
  }
}

}  // namespace
}  // namespace curl_rl::agents
