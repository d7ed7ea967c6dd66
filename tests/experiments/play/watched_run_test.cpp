// The agent of a run as the viewer sees it.
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
#include "experiments/play/run_policy.h"
#include "experiments/play/watched_policy.h"
#include "experiments/training/trainer.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::viewer {
namespace {

namespace fs = std::filesystem;

class WatchedRunTest : public testing::Test {
 protected:
  void SetUp() override {  // as the program does, before any work
    experiments::ExperimentConfig config;
    config.threads = 1;
    experiments::SetUpProcess(config);
  }

  // A run of a few updates with checkpoints of 60 and 120 env steps.
  void Train(const std::vector<std::string>& overrides) {
    std::vector<std::string> all = {"env_steps=120", "eval_every=0",        "eval_episodes=1",
                                    "init_steps=40", "checkpoint_every=60", "action_repeat=2",
                                    "device=cpu",    "agent.batch_size=8"};
    all.insert(all.end(), overrides.begin(), overrides.end());
    const auto config =
        experiments::ReadConfig(CURL_RL_SOURCE_DIR "/experiments/configs/smoke.yaml", all);
    directory_.Write("config.yaml", experiments::WriteConfig(config));
    std::ostringstream out;
    experiments::Progress progress(out, false, config.env_steps, 0);
    experiments::SignalRequests requests;
    experiments::Trainer(config, torch::kCPU, run_dir()).Run(progress, requests);
  }
  const std::string& run_dir() const { return directory_.path(); }

  experiments::TemporaryDirectory directory_;
};

TEST_F(WatchedRunTest, ActsAsTheRunDoesAndShowsWhatItSees) {
  Train({});
  auto watched = LoadWatchedRun(run_dir(), "60", false, {});
  EXPECT_EQ(watched.task, "toy_reach");
  EXPECT_EQ(watched.policy->Describe(), "checkpoint 60");
  EXPECT_EQ(watched.policy->action_repeat(), 2);
  const auto run = experiments::LoadRun(run_dir(), "60", 1, {});
  const auto environment = envs::Make(watched.task, watched.environment);
  const auto twin = envs::Make(run.task, run.environment);
  environment->Reset();
  twin->Reset();
  for (int step = 0; step < 10; step += 2) {
    const auto decision = watched.policy->Decide(*environment, step == 0);
    std::vector<double> action;
    run.policy(*twin, step, &action);
    EXPECT_EQ(decision.action, action) << step;
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
      twin->Step(action);
    }
  }
}

TEST_F(WatchedRunTest, ShowsTheStateVectorOfAnAgentThatSeesNoFrames) {
  Train({"observation=state", "agent.contrastive=none", "frame_stack=2"});
  auto watched = LoadWatchedRun(run_dir(), "latest", false, {});
  const auto environment = envs::Make(watched.task, watched.environment);
  environment->Reset();
  watched.policy->Decide(*environment, true);
  environment->Step({1.0});
  const auto decision = watched.policy->Decide(*environment, false);
  EXPECT_TRUE(decision.opinion->frames.empty());
  double state[2];
  environment->ObserveState(state);
  ASSERT_EQ(decision.opinion->state.size(), 2u);
  EXPECT_EQ(decision.opinion->state[0].first, "position");
  EXPECT_FLOAT_EQ(decision.opinion->state[0].second.at(0), state[0]);
  EXPECT_EQ(decision.opinion->state[1].first, "target");
  EXPECT_FLOAT_EQ(decision.opinion->state[1].second.at(0), state[1]);
}

TEST_F(WatchedRunTest, FollowsATrainingFromItsUntrainedAgentOn) {
  Train({});
  const auto checkpoints = fs::path(run_dir()) / "checkpoints";
  const auto away = fs::path(directory_.File("away"));
  fs::rename(checkpoints, away);
  EXPECT_THROW(LoadWatchedRun(run_dir(), "latest", false, {}), std::runtime_error);
  auto watched = LoadWatchedRun(run_dir(), "latest", true, {});
  EXPECT_EQ(watched.policy->Describe(), "untrained");
  const auto environment = envs::Make(watched.task, watched.environment);
  environment->Reset();
  const auto untrained = watched.policy->Decide(*environment, true).action;

  fs::rename(away, checkpoints);
  for (int i = 0; i < 200 && watched.policy->Describe() == "untrained"; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    watched.policy->Decide(*environment, true);
  }
  EXPECT_EQ(watched.policy->Describe(), "checkpoint 120");
  EXPECT_NE(watched.policy->Decide(*environment, true).action, untrained);
}

TEST_F(WatchedRunTest, RefusesAFolderThatIsNoRun) {
  EXPECT_THROW(LoadWatchedRun(run_dir(), "latest", false, {}), experiments::UsageError);
  EXPECT_THROW(LoadWatchedRun(run_dir(), "latest", true, {}), experiments::UsageError);
}

}  // namespace
}  // namespace curl_rl::viewer
