// Runs of several environments: what they write, that threads change nothing, and taken up again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <thread>

#include "envs/registry.h"
#include "experiments/config/usage_error.h"
#include "experiments/training/trainer.h"
#include "tests/experiments/training/trainer_fixture.h"

namespace curl_rl::experiments {
namespace {

using testing::HasSubstr;

// 40 decisions before the first update, 80 after it, in iterations of four env steps.
ExperimentConfig TwoLanes(std::vector<std::string> overrides = {}) {
  overrides.insert(overrides.begin(), {"environments=2", "keep_checkpoints=9"});
  return SmallConfig(overrides);
}

TEST_F(TrainerTest, StepsAndUpdatesOfAllLanesAreCounted) {
  const auto run = Run(TwoLanes(), "run");
  const auto rows = ReadTable(run + "/train.csv");
  ASSERT_EQ(rows.size(), 3u);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto env_step = 80 * (i + 1);
    EXPECT_EQ(rows[i].at("env_step"), std::to_string(env_step));
    EXPECT_EQ(rows[i].at("agent_step"), std::to_string(env_step / 2));
    EXPECT_EQ(rows[i].at("gradient_step"), std::to_string(env_step / 2 - 40));
    // Of 50 env steps in each lane: over after 100 and 200 of all.
    EXPECT_EQ(rows[i].at("episode"), std::to_string(env_step / 100 * 2));
  }
  const auto replay = ReadCheckpoint(run, 240).parts.at("replay");
  EXPECT_EQ(replay.at("ids").size(0), 120);
}

// The first lane plays as a run of one environment does, until that learns; the others differ.
TEST_F(TrainerTest, EachLaneHasARandomStreamOfItsOwn) {
  const auto first_frame = [&](const ExperimentConfig& config, const std::string& name,
                               std::int64_t lane) {
    const auto run_dir = RunUntil(8, config, name);
    Trainer trainer(config, torch::kCPU, run_dir);
    EXPECT_EQ(trainer.Restore(8), "");
    return trainer.replay().Observations(0, 1, lane);
  };
  const auto alone = first_frame(SmallConfig({}), "alone", 0);
  const auto config = TwoLanes();
  EXPECT_TRUE(torch::equal(first_frame(config, "first", 0), alone));
  EXPECT_FALSE(torch::equal(first_frame(config, "second", 1), alone));
}

TEST_F(TrainerTest, UpdatesPerStepAreThoseOfEveryDecision) {
  const auto last = [&](const std::vector<std::string>& overrides, const std::string& name) {
    return ReadTable(Run(TwoLanes(overrides), name) + "/train.csv").back().at("gradient_step");
  };
  EXPECT_EQ(last({"updates_per_step=2"}, "twice"), "160");
  EXPECT_EQ(last({"update_every=2"}, "half"), "40");
  EXPECT_EQ(last({"update_every=4"}, "seldom"), "20");
  EXPECT_EQ(last({"update_every=3", "updates_per_step=2", "initial_updates=5"}, "odd"), "57");
  // An iteration begins at 40, not at 39: one environment's run would have 81 updates.
  EXPECT_EQ(last({"init_steps=39"}, "rounded"), "80");
}

// LibTorch's threads may round otherwise: the learner has one in all of these.
TEST_F(TrainerTest, LanesGiveTheSameOnAnyNumberOfThreads) {
  at::set_num_threads(1);
  const auto config = [](const std::vector<std::string>& more) {
    std::vector<std::string> overrides = {
        "task=cartpole_swingup", "action_repeat=100",        "environments=3",
        "env_steps=6000",        "eval_every=6000",          "log_every=3000",
        "eval_episodes=4",       "checkpoint_every=3000",    "eval_environments=3",
        "replay_capacity=40",    "agent.n_step=3",           "init_steps=20",
        "environment.samples=0", "environment.shadows=false"};
    overrides.insert(overrides.end(), more.begin(), more.end());
    return SmallConfig(overrides);
  };
  const auto expected = Run(config({"threads=1"}), "one");
  for (const std::string threads : {"threads=2", "threads=3"}) {
    for (const std::string overlap : {"overlap=false", "overlap=true"}) {
      const auto run = Run(config({threads, overlap}), threads + overlap);
      ExpectSameRun(expected, run, 6000);
      ExpectSameRun(run, expected, 6000);  // nor has it less
    }
  }
}

// 112 env steps: in the middle of the episodes (100 of both lanes), between two rows (80).
TEST_F(TrainerTest, LanesTakenUpGoOnBitForBit) {
  const std::vector<std::vector<std::string>> variants = {
      {"environments=2"},
      {"overlap=true", "threads=2"},
      {"replay_capacity=61", "agent.n_step=3", "replay_frames=compressed"},
      {"observation=state", "agent.contrastive=none"},
      {"agent.batch_size=16", "update_every=3"}};
  for (std::size_t i = 0; i < variants.size(); ++i) {
    auto overrides = variants[i];
    overrides.emplace_back("checkpoint_every=112");
    const auto config = TwoLanes(overrides);
    const auto whole = Run(config, "whole " + std::to_string(i));
    const auto broken = directory_.File("broken " + std::to_string(i));
    std::filesystem::copy(whole, broken, std::filesystem::copy_options::recursive);
    Resume(config, broken, 112);
    ExpectSameRun(whole, broken, 240);
    EXPECT_EQ(ReadCheckpoint(broken, 240).parts.count("environment_1"), 1u);
  }
}

TEST_F(TrainerTest, AnotherNumberOfEnvironmentsIsAnotherRun) {
  const auto run_dir = RunUntil(112, TwoLanes(), "run");
  for (const std::string other : {"environments=1", "environments=4"}) {
    Trainer trainer(TwoLanes({other}), torch::kCPU, run_dir);
    EXPECT_THAT([&] { trainer.Restore(112); },
                testing::ThrowsMessage<UsageError>(testing::AllOf(
                    HasSubstr("is of another config"),
                    HasSubstr(other.back() == '1' ? "environments 1 instead of 2"
                                                  : "environments 4 instead of 2"))));
  }
}

TEST_F(TrainerTest, ACheckpointThatLacksALaneIsDamage) {
  const auto config = TwoLanes();
  const auto run_dir = RunUntil(80, config, "run");
  const auto sound = ReadCheckpoint(run_dir, 80);
  const auto complaint = [&](const std::function<void(Checkpoint&)>& change) -> std::string {
    auto checkpoint = sound;
    change(checkpoint);
    WriteCheckpoint(run_dir, checkpoint);
    Trainer trainer(config, torch::kCPU, run_dir);
    try {
      trainer.Restore(80);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(complaint([](Checkpoint& c) { c.parts.erase("environment_1"); }),
              HasSubstr("has no part 'environment_1'"));
  EXPECT_THAT(complaint([](Checkpoint& c) { c.state["episode_return"] = 1.0; }),
              HasSubstr("is damaged"));
  EXPECT_THAT(complaint([](Checkpoint& c) { c.state["episode_over"] = {true}; }),
              HasSubstr("is damaged"));
  EXPECT_THAT(complaint([](Checkpoint& c) {
                auto& frames = c.state["frames"];  // those of the second lane
                frames.erase(std::find_if(frames.begin(), frames.end(),
                                          [](const auto& s) { return s.contains("lane"); }));
              }),
              HasSubstr("are missing"));
  EXPECT_EQ(complaint([](Checkpoint&) {}), "");
}

// Two counters and an end; notes its threads, and keeps no snapshots.
class Plain : public envs::Environment {
 public:
  static inline std::set<std::thread::id> threads;

  const envs::ObservationSpec& observation_spec() const override { return observation_spec_; }
  const envs::ActionSpec& action_spec() const override { return action_spec_; }
  double control_timestep() const override { return 0.1; }
  int step_limit() const override { return 0; }
  void Reset() override { step_ = 0; }
  envs::StepResult Step(const std::vector<double>& action) override {
    threads.insert(std::this_thread::get_id());  // a race where several play
    envs::StepResult result;
    result.reward = action[0];
    result.truncated = ++step_ == 14;
    return result;
  }
  void Observe(std::uint8_t*) override { throw std::logic_error("draws nothing"); }
  void ObserveState(double* state) const override { *state = step_; }

 private:
  int step_ = 0;
  envs::ObservationSpec observation_spec_{0, 0, 0, {{"step", 1}}};
  envs::ActionSpec action_spec_{1};
};

ExperimentConfig PlainConfig() {
  static const bool registered = [] {
    envs::EnvironmentInfo info{
        "plain", "for this test", "curl_rl",
        [](const envs::EnvironmentOptions&) { return std::make_unique<Plain>(); }};
    info.one_thread = true;
    envs::Register(info);
    return true;
  }();
  EXPECT_TRUE(registered);
  Plain::threads.clear();
  return TwoLanes({"task=plain", "observation=state", "agent.contrastive=none", "threads=2",
                   "overlap=true", "env_steps=240"});
}

TEST_F(TrainerTest, ATaskOfOneThreadIsPlayedByOne) {
  const auto config = PlainConfig();
  const auto run_dir = directory_.File("run");
  std::filesystem::create_directory(run_dir);
  std::ostringstream out;
  Progress progress(out, false, config.env_steps, 0);
  SignalRequests requests;
  EXPECT_EQ(Lanes(config, {1, 2, 3}).threads(), 1u);
  EXPECT_TRUE(Trainer(config, torch::kCPU, run_dir).Run(progress, requests));
  EXPECT_EQ(Plain::threads.size(), 2u);  // one of training's lanes, one of evaluation's
}

TEST_F(TrainerTest, LanesWithoutSnapshotsBeginNewEpisodes) {
  const auto config = PlainConfig();
  const auto run_dir = RunUntil(80, config, "run");
  Trainer trainer(config, torch::kCPU, run_dir);
  EXPECT_EQ(trainer.Restore(80), "the environment keeps no snapshots: a new episode begins");
  std::ostringstream out;
  Progress progress(out, false, config.env_steps, 80);
  SignalRequests requests;
  EXPECT_TRUE(trainer.Run(progress, requests));
  // 40 env steps in each lane: two episodes of 14, a third broken off; then 80 more: five.
  EXPECT_EQ(ReadTable(run_dir + "/train.csv").back().at("episode"), "14");
}

TEST_F(TrainerTest, WhatALaneCannotShowIsRefused) {
  PlainConfig();  // registers the task
  EXPECT_THAT(
      [&] {
        Trainer(TwoLanes({"observation=pixels", "task=plain"}), torch::kCPU, "x");
      },
      testing::ThrowsMessage<UsageError>(HasSubstr("plain draws nothing")));
}

}  // namespace
}  // namespace curl_rl::experiments
