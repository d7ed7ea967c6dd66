// Whole small runs of the training loop, on the toy task.
#include "experiments/training/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "envs/registry.h"
#include "experiments/checkpoints/checkpoint.h"
#include "experiments/checkpoints/safetensors.h"
#include "experiments/checkpoints/weights.h"
#include "experiments/video/video_encoder.h"
#include "tests/experiments/temporary_directory.h"
#include "tests/experiments/training/small_run.h"

namespace curl_rl::experiments {
namespace {

// toy_reach that sends its process SIGTERM after so many steps of all its environments; -1: never.
std::atomic<int> steps_to_signal{-1};

class SignallingReach final : public envs::Environment {
 public:
  explicit SignallingReach(const envs::EnvironmentOptions& options)
      : toy_(envs::Make("toy_reach", options)) {}

  const envs::ObservationSpec& observation_spec() const override {
    return toy_->observation_spec();
  }
  const envs::ActionSpec& action_spec() const override { return toy_->action_spec(); }
  double control_timestep() const override { return toy_->control_timestep(); }
  int step_limit() const override { return toy_->step_limit(); }
  void Reset() override { toy_->Reset(); }
  envs::StepResult Step(const std::vector<double>& action) override {
    if (steps_to_signal >= 0 && --steps_to_signal == 0) std::raise(SIGTERM);
    return toy_->Step(action);
  }
  void Observe(std::uint8_t* pixels) override { toy_->Observe(pixels); }
  void ObserveState(double* state) const override { toy_->ObserveState(state); }
  std::vector<std::uint8_t> Snapshot() const override { return toy_->Snapshot(); }
  void Restore(const std::vector<std::uint8_t>& bytes) override { toy_->Restore(bytes); }

 private:
  std::unique_ptr<envs::Environment> toy_;
};

void RegisterSignallingReach() {
  static const bool once = [] {
    envs::Register({"signalling_reach", "toy_reach that sends a signal", "curl_rl",
                    [](const envs::EnvironmentOptions& options) {
                      return std::make_unique<SignallingReach>(options);
                    }});
    return true;
  }();
  (void)once;
}

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
  // Rows but for times, and every tensor of the checkpoint of `env_step`.
  static void ExpectSameRun(const std::string& expected, const std::string& run,
                            std::int64_t env_step) {
    for (const char* file : {"/train.csv", "/eval.csv"}) {
      EXPECT_EQ(WithoutTimes(ReadTable(expected + file)), WithoutTimes(ReadTable(run + file)));
    }
    const auto parts = ReadCheckpoint(expected, env_step).parts;
    for (const auto& [part, tensors] : ReadCheckpoint(run, env_step).parts) {
      for (const auto& [name, tensor] : tensors) {
        EXPECT_TRUE(torch::equal(tensor, parts.at(part).at(name))) << part << ' ' << name;
      }
    }
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

// A signal in the middle of an evaluation, the first and later ones.
TEST_F(TrainerTest, AnEvaluationThatASignalBrokeOffIsPlayedAnew) {
  RegisterSignallingReach();
  for (const std::string environments : {"1", "2"}) {
    const auto config = SmallConfig({"task=signalling_reach", "eval_episodes=2",
                                     "keep_checkpoints=9", "eval_environments=" + environments});
    const auto whole = Run(config, "whole " + environments);
    // Two episodes of 50 steps at env step 0, then 80 of training, again two episodes, ...
    for (const int at : {1, 30, 95, 181, 230, 3 * 100 + 240 + 70}) {
      const auto run_dir = directory_.File("stopped " + environments + " " + std::to_string(at));
      std::filesystem::create_directory(run_dir);
      std::ostringstream out;
      Progress progress(out, false, config.env_steps, 0);
      std::int64_t stopped_at = -1;
      {
        SignalRequests requests;
        Trainer trainer(config, torch::kCPU, run_dir);
        steps_to_signal = at;
        EXPECT_FALSE(trainer.Run(progress, requests)) << at;
        steps_to_signal = -1;
        stopped_at = trainer.env_step();
        EXPECT_EQ(stopped_at, at < 100 ? 0 : at < 300 ? 80 : 240);
        EXPECT_EQ(trainer.evaluations().size(), static_cast<std::size_t>(stopped_at / 80));
      }
      SignalRequests requests;
      Trainer trainer(config, torch::kCPU, run_dir);
      EXPECT_EQ(trainer.Restore(stopped_at), "");
      EXPECT_TRUE(trainer.Run(progress, requests));
      ExpectSameRun(whole, run_dir, 240);
    }
  }
}

TEST_F(TrainerTest, NoEvaluationBeginsAfterTheSignal) {
  const auto config = SmallConfig({"eval_episodes=10000"});
  std::ostringstream out;
  Progress progress(out, false, config.env_steps, 0);
  SignalRequests requests;
  std::raise(SIGTERM);
  Trainer trainer(config, torch::kCPU, directory_.path());
  EXPECT_FALSE(trainer.Run(progress, requests));
  EXPECT_TRUE(trainer.evaluations().empty());
  EXPECT_EQ(ListCheckpoints(directory_.path()), std::vector<std::int64_t>{0});
}

// The budget may be lowered below the newest checkpoint, whose replay holds more than such a run
// would, and raised again.
TEST_F(TrainerTest, ABudgetGoesDownAndUpWithoutLoss) {
  const auto config = SmallConfig({"eval_every=0", "log_every=80", "checkpoint_every=100"});
  const auto run_dir = directory_.File("run");
  std::filesystem::create_directory(run_dir);
  std::ostringstream out;
  Progress progress(out, false, config.env_steps, 0);
  {
    SignalRequests requests;
    Trainer trainer(config, torch::kCPU, run_dir);
    EXPECT_FALSE(trainer.Run(progress, requests, /*pause=*/212));
    EXPECT_TRUE(trainer.evaluations().empty());
  }
  const auto steps = [&](const char* file) {
    std::vector<std::string> list;
    for (const auto& row : ReadTable(run_dir + file)) list.push_back(row.at("env_step"));
    return list;
  };
  for (const char* budget : {"env_steps=100", "env_steps=212"}) {  // the second time all is there
    auto lower = SmallConfig({"eval_every=0", "log_every=80", budget});
    SignalRequests requests;
    Trainer trainer(lower, torch::kCPU, run_dir);
    EXPECT_EQ(trainer.Restore(212), "");
    EXPECT_GE(trainer.replay().options().capacity, 106);
    EXPECT_TRUE(trainer.Run(progress, requests));
    EXPECT_EQ(steps("/train.csv"), (std::vector<std::string>{"80", "160", "212"}));
    EXPECT_EQ(steps("/eval.csv"), std::vector<std::string>{"212"});
  }
  SignalRequests requests;
  Trainer trainer(config, torch::kCPU, run_dir);
  EXPECT_EQ(trainer.Restore(212), "");
  EXPECT_TRUE(trainer.Run(progress, requests));
  EXPECT_EQ(trainer.replay().size(), 120);
  EXPECT_EQ(steps("/train.csv"), (std::vector<std::string>{"80", "160", "212", "240"}));
}

// At the next checkpoint the older ones are asked which frames they need.
TEST_F(TrainerTest, ADamagedOlderCheckpointDoesNotEndTheRun) {
  const auto config = SmallConfig({"keep_checkpoints=9", "checkpoint_every=80"});
  const auto whole = Run(config, "whole");
  const auto run_dir = directory_.File("run");
  std::filesystem::create_directory(run_dir);
  std::ostringstream out;
  Progress progress(out, false, config.env_steps, 0);
  {
    SignalRequests requests;
    Trainer trainer(config, torch::kCPU, run_dir);
    EXPECT_FALSE(trainer.Run(progress, requests, /*pause=*/160));
  }
  const std::string manifest = "run/checkpoints/env_step_000000000080/manifest.json";
  auto bytes = directory_.Read(manifest);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  directory_.Write(manifest, bytes);
  std::filesystem::create_directories(run_dir + "/checkpoints/frames/mine/too");
  std::filesystem::create_directories(run_dir + "/checkpoints/env_step_5");
  SignalRequests requests;
  Trainer trainer(config, torch::kCPU, run_dir);
  EXPECT_EQ(trainer.Restore(160), "");
  testing::internal::CaptureStderr();
  EXPECT_TRUE(trainer.Run(progress, requests));
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::HasSubstr("env_step_000000000080.damaged"));
  EXPECT_TRUE(std::filesystem::exists(run_dir + "/checkpoints/frames/mine/too"));
  ExpectSameRun(whole, run_dir, 240);
}

// The system's MuJoCo may be updated between two parts of a run.
TEST_F(TrainerTest, ASnapshotOfAnotherMujocoBeginsANewEpisode) {
  const auto config = SmallConfig({"task=cartpole_balance", "observation=state", "frame_stack=1",
                                   "agent.contrastive=none", "action_repeat=8", "env_steps=2400",
                                   "eval_every=0", "log_every=800", "checkpoint_every=800"});
  const auto run_dir = directory_.File("run");
  std::filesystem::create_directory(run_dir);
  std::ostringstream out;
  Progress progress(out, false, config.env_steps, 0);
  {
    SignalRequests requests;
    Trainer trainer(config, torch::kCPU, run_dir);
    EXPECT_FALSE(trainer.Run(progress, requests, /*pause=*/1200));
  }
  auto checkpoint = ReadCheckpoint(run_dir, 1200);
  auto& snapshot = checkpoint.parts.at("environment").at("environment");
  snapshot = snapshot.narrow(0, 0, snapshot.numel() - 8).clone();  // its arrays are others
  WriteCheckpoint(run_dir, checkpoint);
  SignalRequests requests;
  {
    Trainer trainer(config, torch::kCPU, run_dir);
    EXPECT_THROW(trainer.Restore(1200), std::runtime_error);  // of this MuJoCo: damaged
  }
  checkpoint.state["machine"]["MuJoCo"] = "9.9.9";
  WriteCheckpoint(run_dir, checkpoint);
  Trainer trainer(config, torch::kCPU, run_dir);
  EXPECT_THAT(trainer.Restore(1200), testing::AllOf(testing::HasSubstr("a new episode begins"),
                                                    testing::HasSubstr("instead of 9.9.9")));
  EXPECT_TRUE(trainer.Run(progress, requests));
  EXPECT_EQ(ReadTable(run_dir + "/train.csv").back().at("agent_step"), "300");
}

TEST_F(TrainerTest, CountersThatCannotBeAreDamage) {
  const auto config = SmallConfig({"eval_every=0"});
  const auto run_dir = directory_.File("run");
  std::filesystem::create_directory(run_dir);
  std::ostringstream out;
  Progress progress(out, false, config.env_steps, 0);
  SignalRequests requests;
  Trainer(config, torch::kCPU, run_dir).Run(progress, requests, /*pause=*/80);
  const auto sound = ReadCheckpoint(run_dir, 80);
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, nlohmann::json>>{{"agent_step", 1e300},
                                                           {"agent_step", -5},
                                                           {"agent_step", std::int64_t{1} << 62},
                                                           {"agent_step", 41},
                                                           {"episode", -1},
                                                           {"row_step", 81},
                                                           {"replay_capacity", -1},
                                                           {"best", true}}) {  // of no evaluation
    auto checkpoint = sound;
    checkpoint.state[name] = value;
    WriteCheckpoint(run_dir, checkpoint);
    Trainer trainer(config, torch::kCPU, run_dir);
    EXPECT_THAT([&] { trainer.Restore(80); },
                testing::ThrowsMessage<std::runtime_error>(testing::HasSubstr("is damaged")))
        << name << ' ' << value;
  }
}

// A spreadsheet gave a log other line ends, or somebody removed it.
TEST_F(TrainerTest, ALogThatCannotBeContinuedStepsAside) {
  const auto config = SmallConfig({});
  const auto run_dir = directory_.File("run");
  std::filesystem::create_directory(run_dir);
  std::ostringstream out;
  Progress progress(out, false, config.env_steps, 0);
  {
    SignalRequests requests;
    Trainer trainer(config, torch::kCPU, run_dir);
    EXPECT_FALSE(trainer.Run(progress, requests, /*pause=*/120));
  }
  directory_.Write("run/eval.csv", "env_step;episode;episode_return\r\n0;0;5\r\n");
  std::filesystem::remove(run_dir + "/train.csv");
  SignalRequests requests;
  Trainer trainer(config, torch::kCPU, run_dir);
  EXPECT_EQ(trainer.Restore(120), "");
  testing::internal::CaptureStderr();
  EXPECT_TRUE(trainer.Run(progress, requests));
  const auto said = testing::internal::GetCapturedStderr();
  EXPECT_THAT(said, testing::HasSubstr("the old one is kept as " + run_dir + "/eval.csv.old_1"));
  EXPECT_THAT(said, testing::HasSubstr("train.csv: cannot read"));
  EXPECT_THAT(directory_.Read("run/eval.csv.old_1"), testing::HasSubstr("0;0;5"));
  EXPECT_EQ(ReadTable(run_dir + "/eval.csv").size(), 2u);  // of 160 and 240
  EXPECT_EQ(ReadTable(run_dir + "/train.csv").size(), 2u);
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
  std::raise(SIGTERM);
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
