// Whole small runs of the training loop, on the toy task.
#include "experiments/training/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <limits>
#include <sstream>

#include "experiments/checkpoints/checkpoint.h"
#include "experiments/checkpoints/safetensors.h"
#include "experiments/checkpoints/weights.h"
#include "experiments/video/video_encoder.h"
#include "tests/experiments/temporary_directory.h"
#include "tests/experiments/training/small_run.h"

namespace curl_rl::experiments {
namespace {

class TrainerTest : public testing::Test {
 protected:
  std::string Run(const ExperimentConfig& config, const std::string& name) {
    auto run_dir = directory_.File(name);
    std::filesystem::create_directory(run_dir);
    std::ostringstream out;
    Progress progress(out, false, config.env_steps, 0);
    SignalRequests requests;
    Trainer trainer(config, torch::kCPU, run_dir);
    EXPECT_TRUE(trainer.Run(progress, requests));
    evaluations_ = trainer.evaluations();
    return run_dir;
  }
  TemporaryDirectory directory_;
  std::vector<EvaluationRecord> evaluations_;
};

TEST_F(TrainerTest, WritesEveryRowAtItsExactEnvStep) {
  const auto run = Run(SmallConfig({}), "run");
  std::vector<std::string> train_steps, eval_steps;
  for (const auto& row : ReadTable(run + "/train.csv")) train_steps.push_back(row.at("env_step"));
  for (const auto& row : ReadTable(run + "/eval.csv")) eval_steps.push_back(row.at("env_step"));
  EXPECT_THAT(train_steps, testing::ElementsAre("80", "160", "240"));
  EXPECT_THAT(eval_steps, testing::ElementsAre("0", "80", "160", "240"));
  const auto last = ReadTable(run + "/train.csv").back();
  EXPECT_EQ(last.at("agent_step"), "120");
  EXPECT_EQ(last.at("gradient_step"), "80");  // 120 decisions, the first 40 without an update
  EXPECT_EQ(last.at("episode"), "4");         // 240 env steps, 50 an episode
  EXPECT_EQ(evaluations_.size(), 4u);
  const auto checkpoints = ListCheckpoints(run);
  EXPECT_TRUE(std::count(checkpoints.begin(), checkpoints.end(), 240));
}

TEST_F(TrainerTest, TheSameSeedGivesTheSameCurves) {
  const auto a = Run(SmallConfig({}), "a");
  const auto b = Run(SmallConfig({}), "b");
  const auto other = Run(SmallConfig({"seed=2"}), "c");
  for (const char* file : {"/train.csv", "/eval.csv"}) {
    EXPECT_EQ(WithoutTimes(ReadTable(a + file)), WithoutTimes(ReadTable(b + file))) << file;
    EXPECT_NE(WithoutTimes(ReadTable(a + file)), WithoutTimes(ReadTable(other + file))) << file;
  }
}

TEST_F(TrainerTest, SteppingWhileTheAgentLearnsChangesNothing) {
  const auto in_turn = Run(SmallConfig({}), "in_turn");
  const auto at_once = Run(SmallConfig({"overlap=true"}), "at_once");
  for (const char* file : {"/train.csv", "/eval.csv"}) {
    EXPECT_EQ(WithoutTimes(ReadTable(in_turn + file)), WithoutTimes(ReadTable(at_once + file)));
  }
  const auto expected = ReadCheckpoint(in_turn, 240).parts;
  for (const auto& [part, tensors] : ReadCheckpoint(at_once, 240).parts) {
    for (const auto& [name, tensor] : tensors) {
      EXPECT_TRUE(torch::equal(tensor, expected.at(part).at(name))) << part << ' ' << name;
    }
  }
}

TEST_F(TrainerTest, EvaluationDoesNotDisturbTraining) {
  const auto often = Run(SmallConfig({"eval_every=20", "eval_episodes=2"}), "often");
  const auto seldom = Run(SmallConfig({}), "seldom");
  EXPECT_EQ(WithoutTimes(ReadTable(often + "/train.csv")),
            WithoutTimes(ReadTable(seldom + "/train.csv")));
}

TEST_F(TrainerTest, VideosAreMadeAndDisturbNothing) {
  if (video::H264Encoders().empty()) GTEST_SKIP() << "no videos in this build";
  const auto plain = Run(SmallConfig({}), "plain");
  const auto filmed =
      Run(SmallConfig({"video_every=160", "video_episodes=2", "video_size=40"}), "filmed");
  for (const char* file : {"/train.csv", "/eval.csv"}) {
    EXPECT_EQ(WithoutTimes(ReadTable(filmed + file)), WithoutTimes(ReadTable(plain + file)));
  }
  std::vector<std::string> videos;
  for (const auto& entry : std::filesystem::directory_iterator(filmed + "/videos")) {
    videos.push_back(entry.path().filename().string());
    EXPECT_GT(std::filesystem::file_size(entry), 1000u);
  }
  EXPECT_THAT(videos, testing::UnorderedElementsAre("env_step_000000000000.mp4",
                                                    "env_step_000000000160.mp4",
                                                    "env_step_000000000240.mp4"));
  EXPECT_FALSE(std::filesystem::exists(plain + "/videos"));
}

TEST_F(TrainerTest, AVideoThatCannotBeWrittenDoesNotEndTheRun) {
  if (video::H264Encoders().empty()) GTEST_SKIP() << "no videos in this build";
  std::filesystem::create_directory(directory_.File("run"));
  directory_.Write("run/videos", "in the way");
  const auto config = SmallConfig({"video_every=80", "video_size=40"});
  std::ostringstream out;
  Progress progress(out, false, config.env_steps, 0);
  SignalRequests requests;
  Trainer trainer(config, torch::kCPU, directory_.File("run"));
  testing::internal::CaptureStderr();
  EXPECT_TRUE(trainer.Run(progress, requests));
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("warning: no video"));
}

// The first few losses lie above ln B: LayerNorm spreads nearly equal features far apart, and the
// critic's first step moves them (the reference itself gives 5.8 .. 8.0 in the first update on
// cart-pole frames at batch 128, and 4.9 = ln 128 from the third on). Then nothing but guessing is
// left.
TEST_F(TrainerTest, TheContrastiveLossStartsAtGuessing) {
  const auto run = Run(SmallConfig({"log_every=2", "agent.batch_size=32", "env_steps=140"}), "run");
  double sum = 0.0;
  for (const auto& row : ReadTable(run + "/train.csv")) {
    const auto step = std::stoi(row.at("gradient_step"));
    if (step > 20 && step <= 30) sum += std::stod(row.at("contrastive_loss")) / 10.0;
  }
  EXPECT_NEAR(sum, std::log(32.0), 0.4 * std::log(32.0));
}

TEST_F(TrainerTest, ARunTakenUpAtACheckpointGoesOnBitForBit) {
  for (const std::string variant :
       {"agent.precision=float32", "agent.schedule=joint", "eval_environments=2"}) {
    // 112 env steps: in the middle of an episode (50) and between two rows of train.csv (80).
    const auto config =
        SmallConfig({"checkpoint_every=112", "keep_checkpoints=9", "eval_episodes=3", variant});
    const auto whole = Run(config, "whole " + variant);
    const auto broken = directory_.File("broken " + variant);
    std::filesystem::copy(whole, broken, std::filesystem::copy_options::recursive);
    std::ostringstream out;
    Progress progress(out, false, config.env_steps, 112);
    SignalRequests requests;
    Trainer trainer(config, torch::kCPU, broken);
    EXPECT_EQ(trainer.Restore(112), "");
    EXPECT_TRUE(trainer.Run(progress, requests));
    for (const char* file : {"/train.csv", "/eval.csv"}) {
      EXPECT_EQ(WithoutTimes(ReadTable(whole + file)), WithoutTimes(ReadTable(broken + file)));
    }
    const auto expected = ReadCheckpoint(whole, 240).parts;
    for (const auto& [part, tensors] : ReadCheckpoint(broken, 240).parts) {
      for (const auto& [name, tensor] : tensors) {
        EXPECT_TRUE(torch::equal(tensor, expected.at(part).at(name))) << part << ' ' << name;
      }
    }
  }
}

TEST_F(TrainerTest, ARequestToStopLeavesACheckpointToGoOnFrom) {
  const auto config = SmallConfig({});
  const auto whole = Run(config, "whole");
  const auto stopped = directory_.File("stopped");
  std::filesystem::create_directory(stopped);
  std::ostringstream out;
  Progress progress(out, false, config.env_steps, 0);
  {
    SignalRequests requests;
    std::raise(SIGTERM);
    Trainer trainer(config, torch::kCPU, stopped);
    EXPECT_FALSE(trainer.Run(progress, requests));
    EXPECT_EQ(trainer.env_step(), 0);
  }
  SignalRequests requests;
  Trainer trainer(config, torch::kCPU, stopped);
  EXPECT_EQ(trainer.Restore(0), "");
  EXPECT_TRUE(trainer.Run(progress, requests));
  EXPECT_EQ(WithoutTimes(ReadTable(whole + "/train.csv")),
            WithoutTimes(ReadTable(stopped + "/train.csv")));
}

TEST_F(TrainerTest, ALossThatIsNotFiniteStopsTheRunAndKeepsTheBatch) {
  auto config = SmallConfig({});
  config.agent.sac.critic_lr = 1e30;  // more than a config may say
  const auto run_dir = directory_.File("diverges");
  std::filesystem::create_directory(run_dir);
  std::ostringstream out;
  Progress progress(out, false, config.env_steps, 0);
  SignalRequests requests;
  Trainer trainer(config, torch::kCPU, run_dir);
  try {
    trainer.Run(progress, requests);
    FAIL() << "the run did not diverge";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(
        error.what(),
        testing::ContainsRegex("_loss is (-?nan|-?inf) at env step [0-9]+, gradient step [0-9]+; "
                               "the first tensor that is not finite is [a-z]"));
    EXPECT_THAT(error.what(), testing::HasSubstr(run_dir + "/failure"));
  }
  EXPECT_EQ(ReadSafetensors(run_dir + "/failure/batch.safetensors").count("reward"), 1u);
  EXPECT_EQ(ReadSafetensors(run_dir + "/failure/agent.safetensors").count("log_alpha"), 1u);
  for (const auto step : ListCheckpoints(run_dir)) {
    EXPECT_EQ(replay::FirstNotFinite(ReadCheckpoint(run_dir, step).parts.at("agent")), "");
  }
}

TEST_F(TrainerTest, AParameterThatIsNotFiniteIsNotSaved) {
  const auto config = SmallConfig({});
  const auto run_dir = directory_.File("broken");
  std::filesystem::create_directory(run_dir);
  std::ostringstream out;
  Progress progress(out, false, config.env_steps, 0);
  SignalRequests requests;
  requests.Stop();
  Trainer trainer(config, torch::kCPU, run_dir);
  AgentView view(config, 1);
  auto weights = WeightsOf(
      MakeAgent(config, view.observation_shape(), view.action_size(), torch::kCPU)->Save());
  weights["q.q2.0.bias"][1] = std::numeric_limits<float>::infinity();
  trainer.LoadWeights(weights);
  EXPECT_THAT([&] { trainer.Run(progress, requests); },
              testing::ThrowsMessage<std::runtime_error>(
                  testing::HasSubstr("the agent's q.q2.0.bias is not finite at env step 0")));
  EXPECT_TRUE(ListCheckpoints(run_dir).empty());
}

TEST_F(TrainerTest, ACheckpointHoldsTheAgentThatWasEvaluated) {
  const auto config = SmallConfig({"eval_episodes=3"});
  const auto run = Run(config, "run");
  auto views = MakeViews(config, 5, 1);
  const auto agent = MakeAgent(config, views.front().observation_shape(),
                               views.front().action_size(), torch::kCPU);
  const auto fresh =
      agent->Act(torch::zeros({1, 9, 32, 32}, torch::kUInt8), agents::ActMode::kMean);
  agent->Load(ReadCheckpoint(run, 240, {"agent"}).parts.at("agent"));
  const auto trained =
      agent->Act(torch::zeros({1, 9, 32, 32}, torch::kUInt8), agents::ActMode::kMean);
  EXPECT_FALSE(torch::equal(fresh, trained));
  EXPECT_EQ(agent->gradient_step(), 80);
  EXPECT_EQ(Evaluate(*agent, views, 2).size(), 2u);
}

TEST_F(TrainerTest, EveryVariantRuns) {
  const std::vector<std::vector<std::string>> variants = {
      {"agent.contrastive=none"},
      {"agent.schedule=joint"},
      {"agent.precision=bfloat16"},
      {"observation=state", "agent.contrastive=none", "frame_stack=1"},
      {"agent.crop_range=reference", "agent.log_prob=exact", "agent.encoder_tanh=true"},
  };
  for (const auto& overrides : variants) {
    const auto run = Run(SmallConfig(overrides), overrides.front());
    const auto row = ReadTable(run + "/train.csv").back();
    EXPECT_TRUE(std::isfinite(std::stod(row.at("critic_loss")))) << overrides.front();
  }
}

}  // namespace
}  // namespace curl_rl::experiments
