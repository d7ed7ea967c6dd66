// When two configs are of one run, one method, one folder.
#include "experiments/config/same.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/config/config_reader.h"
#include "experiments/config/recorded.h"
#include "experiments/run/run_identity.h"
#include "experiments/run/run_state.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

using envs::Role;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(Same, RolesDecide) {
  const ExperimentConfig before;
  ExperimentConfig other = before;
  other.env_steps *= 2;  // budget
  EXPECT_EQ(Difference(before, other, Same::kRun), "");
  EXPECT_EQ(Difference(before, other, Same::kMethod), "");
  EXPECT_EQ(Difference(before, other, Same::kFolder),
            "env_steps is 500000 there, asked for is 1000000");
  other = before;
  other.seed = 2;  // task: another sample of it
  EXPECT_EQ(Difference(before, other, Same::kRun), "seed is 1 there, asked for is 2");
  EXPECT_EQ(Difference(before, other, Same::kMethod), "");
  other = before;
  other.agent.discount = 0.9;  // outcome
  for (const Same question : {Same::kRun, Same::kMethod, Same::kFolder}) {
    EXPECT_EQ(Difference(before, other, question),
              "agent.discount is 0.99 there, asked for is 0.9");
  }
  other = before;
  other.agent.objectives.clear();
  EXPECT_EQ(Difference(before, other, Same::kMethod),
            "agent.objectives is [curl] there, asked for is []");
}

TEST(Same, WhereHowFastAndHowItIsCalledNeverCounts) {
  const ExperimentConfig before;
  ExperimentConfig other = before;
  other.device = "cuda";
  other.threads = 3;
  other.overlap = other.deterministic = true;
  other.eval_environments = 4;
  other.replay_frames = replay::FrameStorage::kCompressed;
  other.agent.cuda_graphs = false;
  other.method = "x";
  other.run_dir = "y";
  other.plugins = {"z"};
  for (const Same question : {Same::kRun, Same::kMethod, Same::kFolder}) {
    EXPECT_EQ(Difference(before, other, question), "");
  }
}

// What a checkpoint of the first version says, in flat keys, and without those that came later.
TEST(Same, SettingsOfAnEarlierCheckpointAreThoseOfToday) {
  const SettingTexts saved = {{"task", "cartpole_swingup"},  {"seed", "1"},
                              {"agent.hidden_dim", "1024"},  {"agent.contrastive", "infonce"},
                              {"agent.encoder_lr", "0.001"}, {"agent.cuda_graphs", "false"}};
  ExperimentConfig config;
  EXPECT_EQ(DecidingDifferences(saved, config), "");
  config.agent.n_step = 3;  // which was 1 when there was no such key
  config.agent.sac.hidden_dim = 64;
  EXPECT_EQ(DecidingDifferences(saved, config),
            "agent.n_step 3 instead of 1, agent.sac.hidden_dim 64 instead of 1024");
  EXPECT_EQ(DecidingDifferences({{"agent.contrastive", "none"}}, ExperimentConfig()),
            "agent.objectives [curl] instead of []");
}

TEST(Recorded, KeepsAnObjectiveThatThisProgramDoesNotKnow) {
  const auto settings = RecordedConfig(
      "task: t\nagent:\n  objectives: [curl, mine]\n  mine: {queue: 5}\n  curl: {lr: 1e-2}\n"
      "  discount: much\n",
      "config.yaml");
  EXPECT_EQ(settings.at("agent.objectives"), "[curl, mine]");
  EXPECT_EQ(settings.at("agent.mine.queue"), "5");
  EXPECT_EQ(settings.at("agent.curl.lr"), "0.01");
  EXPECT_EQ(settings.at("agent.discount"), "much");        // no value of ours, and no error
  EXPECT_EQ(settings.at("agent.sac.critic_lr"), "0.001");  // not given: the default
  EXPECT_EQ(RoleOf("agent.mine.queue"), Role::kOutcome);
  EXPECT_EQ(RoleOf("agent.cuda_graphs"), Role::kMachine);
}

class StageTest : public testing::Test {
 protected:
  StageTest() {
    config_.run_dir = directory_.File("run");
    std::filesystem::create_directories(directory_.File("run/checkpoints/env_step_00080000"));
    directory_.Write("run/config.yaml", "seed: 1\n");
    directory_.Write("run/run.json", "{\"state\": \"finished\"}");
  }

  TemporaryDirectory directory_;
  ExperimentConfig config_;
};

TEST_F(StageTest, AFinishedRunOfWhichMoreIsAskedCanBeTakenUp) {
  EXPECT_EQ(StageOfRun(config_, Same::kRun), RunStage::kFinished);
  config_.env_steps *= 2;
  EXPECT_EQ(StageOfRun(config_, Same::kRun), RunStage::kResumable);
  EXPECT_THAT([&] { StageOfRun(config_, Same::kFolder); },
              ThrowsMessage<UsageError>(HasSubstr("another config: env_steps is 500000 there")));
  config_.env_steps /= 4;
  EXPECT_THAT(
      [&] { StageOfRun(config_, Same::kRun); },
      ThrowsMessage<UsageError>(HasSubstr("env_steps is 500000 there, asked for is 250000")));
  config_.seed = 2;
  EXPECT_THAT([&] { StageOfRun(config_, Same::kRun); },
              ThrowsMessage<UsageError>(HasSubstr("seed is 1 there, asked for is 2")));
}

TEST_F(StageTest, ARecordThatSomebodyBrokeIsAnUnfinishedRun) {
  for (const char* text : {"no JSON", "[]", "{\"state\": 5}"}) {
    directory_.Write("run/run.json", text);
    EXPECT_EQ(StageOfRun(config_, Same::kRun), RunStage::kResumable) << text;
  }
}

TEST(TakeSettings, GivesTheBudgetAskedForAndNothingElse) {
  ExperimentConfig config;
  ExperimentConfig asked;
  asked.env_steps = 800;
  asked.video_every = 80;
  asked.threads = 3;
  asked.agent.discount = 0.5;
  TakeSettings(Role::kBudget, asked, config);
  EXPECT_EQ(config.env_steps, 800);
  EXPECT_EQ(config.video_every, 80);
  EXPECT_EQ(config.threads, 0);
  EXPECT_EQ(config.agent.discount, 0.99);
}

}  // namespace
}  // namespace curl_rl::experiments
