// Evaluations of a training agent on its task disturbed: more columns, and nothing else changes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "envs/gl_context.h"
#include "tests/experiments/training/trainer_fixture.h"

namespace curl_rl::experiments {
namespace {

using testing::HasSubstr;

class DisturbedEvaluationTest : public TrainerTest {
 protected:
  void SetUp() override {
    try {
      envs::QueryGl();
    } catch (const std::runtime_error& error) {
      GTEST_SKIP() << error.what();
    }
  }

  static ExperimentConfig Config(const std::vector<std::string>& more) {
    // Episodes of 1000 control steps, 20 decisions.
    std::vector<std::string> all = {
        "task=cartpole_swingup", "action_repeat=50",         "env_steps=2000",
        "init_steps=20",         "eval_every=1000",          "log_every=1000",
        "checkpoint_every=1500", "keep_checkpoints=9",       "eval_episodes=2",
        "environment.samples=0", "environment.shadows=false"};
    all.insert(all.end(), more.begin(), more.end());
    return SmallConfig(all);
  }
};

constexpr char kColumns[] = "eval_disturbances=['colors=hard,camera=hard', noise=hard, none]";

TEST_F(DisturbedEvaluationTest, AddsColumnsAndChangesNothingElse) {
  const auto plain = Run(Config({}), "plain");
  const auto disturbed = Run(Config({kColumns}), "disturbed");
  EXPECT_EQ(WithoutTimes(ReadTable(plain + "/train.csv")),
            WithoutTimes(ReadTable(disturbed + "/train.csv")));
  const auto expected = WithoutTimes(ReadTable(plain + "/eval.csv"));
  auto table = WithoutTimes(ReadTable(disturbed + "/eval.csv"));
  ASSERT_EQ(table.size(), 6u);  // at 0, 1000 and 2000, two episodes each
  bool differ = false;
  for (auto& row : table) {
    for (const char* column : {"colors_hard_camera_hard", "noise_hard", "none"}) {
      EXPECT_FALSE(row.at(std::string("episode_return_") + column).empty());
    }
    differ |= row.at("episode_return_noise_hard") != row.at("episode_return_none");
    row.erase("episode_return_colors_hard_camera_hard");
    row.erase("episode_return_noise_hard");
    row.erase("episode_return_none");
  }
  EXPECT_TRUE(differ);
  EXPECT_EQ(table, expected);
}

TEST_F(DisturbedEvaluationTest, ARunTakenUpHasTheSameColumns) {
  for (const char* environments : {"eval_environments=1", "eval_environments=2"}) {
    const auto config = Config({kColumns, environments, "environment.disturb=[camera=medium]"});
    const auto whole = Run(config, std::string("whole ") + environments);
    const auto broken = directory_.File(std::string("broken ") + environments);
    std::filesystem::copy(whole, broken, std::filesystem::copy_options::recursive);
    Resume(config, broken, 1500);
    ExpectSameRun(whole, broken, 2000);
  }
}

// Trained on other pictures, and on the same starts.
TEST_F(DisturbedEvaluationTest, ADisturbedTaskIsLearnedFromOtherPictures) {
  const auto plain = ReadTable(Run(Config({}), "plain") + "/train.csv");
  const auto disturbed = ReadTable(
      Run(Config({"environment.disturb=[colors=hard, noise=medium]"}), "disturbed") + "/train.csv");
  ASSERT_EQ(plain.size(), disturbed.size());
  // Random actions, before the first update: rewards are the clean task's.
  EXPECT_EQ(plain.front().at("episode_return"), disturbed.front().at("episode_return"));
  EXPECT_NE(plain.back().at("critic_loss"), disturbed.back().at("critic_loss"));
}

TEST_F(DisturbedEvaluationTest, WhatCannotBeDisturbedIsToldBeforeTheRun) {
  const auto config = SmallConfig({"eval_disturbances=[colors=easy]"});
  try {
    Trainer(config, torch::kCPU, directory_.File("run"));
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), HasSubstr("toy_reach cannot be disturbed"));
  }
}

}  // namespace
}  // namespace curl_rl::experiments
