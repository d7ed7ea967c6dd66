// Whole small runs of the training loop, on the toy task.
#include "experiments/training/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/experiments/training/trainer_fixture.h"

namespace curl_rl::experiments {
namespace {

using testing::HasSubstr;

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
  ExpectSameRun(in_turn, at_once, 240);
}

// Batches are the same, and so is all that follows; with stepping at the same time as well.
TEST_F(TrainerTest, CompressedFramesChangeNothing) {
  const auto raw = Run(SmallConfig({}), "raw");
  for (const std::string overlap : {"overlap=false", "overlap=true"}) {
    const auto run = Run(SmallConfig({"replay_frames=compressed", overlap}), overlap);
    ExpectSameRun(raw, run, 240);
  }
}

TEST_F(TrainerTest, EvaluationDoesNotDisturbTraining) {
  const auto often = Run(SmallConfig({"eval_every=20", "eval_episodes=2"}), "often");
  const auto seldom = Run(SmallConfig({}), "seldom");
  EXPECT_EQ(WithoutTimes(ReadTable(often + "/train.csv")),
            WithoutTimes(ReadTable(seldom + "/train.csv")));
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

// The last rows of both logs were gone, and nothing was said.
TEST_F(TrainerTest, RowsThatAreGoneAreTold) {
  const TemporaryDirectory directory;
  const auto run = [&](const std::vector<std::string>& overrides, bool resume) {
    Trainer trainer(SmallConfig(overrides), torch::kCPU, directory.path());
    std::string lost;
    if (resume) lost = trainer.Restore(160);
    std::ostringstream console;
    Progress progress(console, false, 160, trainer.env_step());
    SignalRequests requests;
    trainer.Run(progress, requests);
    return lost;
  };
  run({"env_steps=160"}, false);
  for (const std::string log : {"train.csv", "eval.csv"}) {
    const auto rows = directory.Read(log);
    directory.Write(log, rows.substr(0, rows.rfind('\n', rows.size() - 2) + 1));
  }
  testing::internal::CaptureStderr();
  const auto lost = run({"env_steps=240", "eval_environments=1"}, true);
  const auto said = testing::internal::GetCapturedStderr();
  EXPECT_THAT(said, HasSubstr("train.csv: its last row is of env step 80, and the checkpoint was "
                              "written after one of 160"));
  EXPECT_THAT(said, HasSubstr("eval.csv: its last row is of env step 80"));
  EXPECT_EQ(lost, "");
  Trainer other(SmallConfig({"env_steps=240", "eval_environments=2", "eval_episodes=2"}),
                torch::kCPU, directory.path());
  EXPECT_THAT(other.Restore(240), HasSubstr("eval_environments 2 instead of 1"));
}

}  // namespace
}  // namespace curl_rl::experiments
