// The agent of a run at play: as roll-outs take it, and as the viewer sees it.
#include "experiments/play/run_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <sstream>
#include <thread>

#include "experiments/checkpoints/checkpoint.h"
#include "experiments/config/config_reader.h"
#include "experiments/config/config_schema.h"
#include "experiments/config/usage_error.h"
#include "experiments/machine/process_setup.h"
#include "experiments/training/trainer.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

namespace fs = std::filesystem;

class RunPolicyTest : public testing::Test {
 protected:
  void SetUp() override {  // as the program does, before any work
    ExperimentConfig config;
    config.threads = 1;
    SetUpProcess(config);
  }

  // A run of a few updates with checkpoints of 60 and 120 env steps.
  void Train(const std::vector<std::string>& overrides) {
    std::vector<std::string> all = {"env_steps=120", "eval_every=0",        "eval_episodes=1",
                                    "init_steps=40", "checkpoint_every=60", "action_repeat=2",
                                    "device=cpu",    "agent.batch_size=8"};
    all.insert(all.end(), overrides.begin(), overrides.end());
    const auto config = ReadConfig(CURL_RL_SOURCE_DIR "/experiments/configs/smoke.yaml", all);
    directory_.Write("config.yaml", WriteConfig(config));
    std::ostringstream out;
    Progress progress(out, false, config.env_steps, 0);
    SignalRequests requests;
    Trainer(config, torch::kCPU, run_dir()).Run(progress, requests);
  }
  const std::string& run_dir() const { return directory_.path(); }

  PlayableRun Watch(const std::string& checkpoint, bool follow = false) const {
    RunPolicyOptions options;
    options.checkpoint = checkpoint;
    options.watched = true;
    options.follow = follow;
    return LoadRun(run_dir(), options);
  }

  TemporaryDirectory directory_;
};

TEST_F(RunPolicyTest, ActsAsTheRunDoesAndShowsWhatItSees) {
  Train({});
  auto watched = Watch("60");
  EXPECT_EQ(watched.task, "toy_reach");
  EXPECT_EQ(watched.policy->Describe(), "checkpoint 60");
  EXPECT_EQ(watched.policy->action_repeat(), 2);
  RunPolicyOptions options;
  options.checkpoint = "60";
  const auto run = LoadRun(run_dir(), options);
  const auto environment = envs::Make(watched.task, watched.environment);
  const auto twin = envs::Make(run.task, run.environment);
  environment->Reset();
  twin->Reset();
  for (int step = 0; step < 10; step += 2) {
    const auto decision = watched.policy->Decide(*environment, step == 0).value();
    const auto choice = run.policy->Decide(*twin, step == 0).value();
    EXPECT_EQ(decision.action, choice.action) << step;
    EXPECT_FALSE(choice.opinion.has_value());
    ASSERT_TRUE(decision.opinion.has_value());
    EXPECT_TRUE(std::isfinite(decision.opinion->q1) && std::isfinite(decision.opinion->q2));
    EXPECT_NE(decision.opinion->policy_entropy, 0.0);
    // The middle 28 of 32 pixels of what the environment shows, newest last.
    ASSERT_EQ(decision.opinion->frames.size(), 3u);
    const auto& newest = decision.opinion->frames.back();
    ASSERT_EQ(newest.height, 28);
    ASSERT_EQ(newest.width, 28);
    std::vector<std::uint8_t> frame(32 * 32 * 3);
    environment->Observe(frame.data());
    for (int y = 0; y < 28; ++y) {
      EXPECT_TRUE(std::equal(newest.at(y, 0), newest.at(y, 0) + 28 * 3,
                             frame.data() + ((y + 2) * 32 + 2) * 3));
    }
    for (int repeat = 0; repeat < 2; ++repeat) {
      environment->Step(decision.action);
      twin->Step(choice.action);
    }
  }
}

TEST_F(RunPolicyTest, ShowsTheStateVectorOfAnAgentThatSeesNoFrames) {
  Train({"observation=state", "agent.contrastive=none", "frame_stack=2"});
  auto watched = Watch("latest");
  const auto environment = envs::Make(watched.task, watched.environment);
  environment->Reset();
  watched.policy->Decide(*environment, true);
  environment->Step({1.0});
  const auto opinion = watched.policy->Decide(*environment, false).value().opinion.value();
  EXPECT_TRUE(opinion.frames.empty());
  double state[2];
  environment->ObserveState(state);
  ASSERT_EQ(opinion.state.size(), 2u);
  EXPECT_EQ(opinion.state[0].first, "position");
  EXPECT_FLOAT_EQ(opinion.state[0].second.at(0), state[0]);
  EXPECT_EQ(opinion.state[1].first, "target");
  EXPECT_FLOAT_EQ(opinion.state[1].second.at(0), state[1]);
}

TEST_F(RunPolicyTest, FollowsATrainingFromItsUntrainedAgentOn) {
  Train({});
  const auto checkpoints = fs::path(run_dir()) / "checkpoints";
  const auto away = fs::path(directory_.File("away"));
  fs::rename(checkpoints, away);
  EXPECT_THROW(Watch("latest"), std::runtime_error);
  auto watched = Watch("latest", /*follow=*/true);
  EXPECT_EQ(watched.policy->Describe(), "untrained");
  const auto environment = envs::Make(watched.task, watched.environment);
  environment->Reset();
  const auto untrained = watched.policy->Decide(*environment, true).value().action;

  fs::rename(away, checkpoints);
  for (int i = 0; i < 200 && watched.policy->Describe() == "untrained"; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    watched.policy->Decide(*environment, true);
  }
  EXPECT_EQ(watched.policy->Describe(), "checkpoint 120");
  EXPECT_NE(watched.policy->Decide(*environment, true).value().action, untrained);
}

TEST_F(RunPolicyTest, RefusesAFolderThatIsNoRun) {
  EXPECT_THROW(Watch("latest"), UsageError);
  EXPECT_THROW(Watch("latest", /*follow=*/true), UsageError);
}

}  // namespace
}  // namespace curl_rl::experiments
