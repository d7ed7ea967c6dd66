// Episodes played side by side against the same ones played in turn.
#include "experiments/training/evaluation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <set>
#include <thread>

#include "experiments/config/usage_error.h"
#include "experiments/training/trainer.h"
#include "tests/experiments/training/small_run.h"

namespace curl_rl::experiments {
namespace {

// Chooses by arithmetic that does not depend on how many observations there are, as a network's
// matrix products do.
class RowByRow : public agents::Agent {
 public:
  explicit RowByRow(std::int64_t action_size) : action_size_(action_size) {}

  torch::Tensor Act(const torch::Tensor& observation, agents::ActMode) override {
    const auto rows = observation.flatten(1).to(torch::kFloat64).contiguous();
    auto actions = torch::empty({rows.size(0), action_size_}, torch::kFloat64);
    for (std::int64_t row = 0; row < rows.size(0); ++row) {
      const auto* values = rows.data_ptr<double>() + row * rows.size(1);
      for (std::int64_t a = 0; a < action_size_; ++a) {
        double sum = 0.0;
        for (std::int64_t i = 0; i < rows.size(1); ++i) sum += values[i] * ((i * (a + 3)) % 7 - 3);
        actions[row][a] = std::sin(sum);
      }
    }
    return actions;
  }
  agents::Insight Inspect(const torch::Tensor&) override { return {}; }
  agents::Metrics Update(replay::ReplayBuffer&) override { return {}; }
  const replay::Batch& batch() const override { return batch_; }
  std::int64_t gradient_step() const override { return 0; }
  std::vector<std::string> metric_names() const override { return {}; }
  agents::NamedTensors Weights() const override { return {}; }
  agents::NamedTensors Save() const override { return {}; }
  void Load(const agents::NamedTensors&) override {}

 private:
  std::int64_t action_size_;
  replay::Batch batch_;
};

// Several threads, whatever the machine, and one again for the other tests of the process.
class EvaluationTest : public testing::Test {
 protected:
  void SetUp() override { at::set_num_threads(3); }
  void TearDown() override { at::set_num_threads(1); }
};

// The process's resident memory creeps up while it evaluates, since the heap is never given back
// and is filled from one end to the other. What is alive in it must not.
TEST_F(EvaluationTest, NothingIsKeptOfADecision) {
  const auto config = SmallConfig({"task=cartpole_swingup", "action_repeat=8", "observation=state",
                                   "agent.contrastive=none", "env_steps=8000", "eval_every=800",
                                   "log_every=800", "checkpoint_every=800"});
  auto lanes = MakeEvaluationLanes(config, 7, 1);
  RowByRow agent(lanes[0].action_size());
  const auto alive = [] {
    const auto heap = ::mallinfo2();
    return static_cast<std::int64_t>(heap.uordblks + heap.hblkhd);
  };
  Evaluate(agent, lanes, 2);
  const std::int64_t before = alive();
  Evaluate(agent, lanes, 16);  // 2000 decisions
  // One that was kept would be 64 bytes at least; caches that fill by and by are no leak.
  EXPECT_LT(alive() - before, 2000 * 32);
}

TEST_F(EvaluationTest, AnyNumberOfEnvironmentsPlaysTheSameEpisodes) {
  const std::vector<std::vector<std::string>> tasks = {
      {"task=toy_reach"},
      {"task=cartpole_swingup", "action_repeat=100"},  // drawn by OpenGL
      {"task=reacher_easy", "action_repeat=8", "observation=state", "agent.contrastive=none"}};
  for (auto overrides : tasks) {
    overrides.insert(overrides.end(), {"env_steps=8000", "eval_every=800", "log_every=800",
                                       "checkpoint_every=800", "threads=3"});
    const auto config = SmallConfig(overrides);
    const auto play = [&](std::int64_t environments, std::vector<video::Recording>* recordings) {
      auto lanes = MakeEvaluationLanes(config, 7, environments);
      RowByRow agent(lanes[0].action_size());
      auto returns = Evaluate(agent, lanes, 7, recordings);
      // Another evaluation: the stream has run on as if one environment had played.
      for (const double value : Evaluate(agent, lanes, 4)) returns.push_back(value);
      return returns;
    };
    std::vector<video::Recording> expected_recordings;
    const auto expected = play(1, &expected_recordings);
    // All differ, but for a few that earn nothing.
    EXPECT_GE(std::set<double>(expected.begin(), expected.end()).size(), 8u) << config.task;
    for (const std::int64_t environments : {3, 10}) {
      if (environments > 3 && config.task != "toy_reach") continue;  // seconds
      std::vector<video::Recording> recordings;
      EXPECT_EQ(play(environments, &recordings), expected) << config.task << ' ' << environments;
      ASSERT_EQ(recordings.size(), 7u);
      for (std::size_t i = 0; i < recordings.size(); ++i) {
        EXPECT_EQ(recordings[i].actions, expected_recordings[i].actions) << config.task << ' ' << i;
        EXPECT_EQ(recordings[i].episode_return, expected[i]);
      }
    }
  }
}

// A network's products are summed in another order for another batch: float32 rounding, which 50
// decisions of this task do not amplify.
TEST_F(EvaluationTest, TheAgentEarnsTheSameButForRounding) {
  const auto config = SmallConfig({});
  const auto play = [&](std::int64_t environments) {
    auto lanes = MakeEvaluationLanes(config, 7, environments);
    const auto agent =
        MakeAgent(config, lanes[0].observation_shape(), lanes[0].action_size(), torch::kCPU);
    return Evaluate(*agent, lanes, 10);
  };
  const auto expected = play(1);
  for (const std::int64_t environments : {3, 10}) {
    EXPECT_THAT(play(environments), testing::Pointwise(testing::DoubleNear(1e-3), expected));
  }
}

// Episodes of different lengths, one observation, notes of who steps it; the third throws if asked.
class Noted : public envs::Environment {
 public:
  static inline std::vector<std::set<std::thread::id>> threads;  // by environment
  static inline bool third_throws = false;
  static inline bool has_snapshots = true;

  Noted() : index_(threads.size()) { threads.emplace_back(); }

  const envs::ObservationSpec& observation_spec() const override { return observation_spec_; }
  const envs::ActionSpec& action_spec() const override { return action_spec_; }
  double control_timestep() const override { return 0.1; }
  int step_limit() const override { return 0; }
  void Reset() override {
    ++state_.episode;
    state_.step = 0;
  }
  envs::StepResult Step(const std::vector<double>&) override {
    threads[index_].insert(std::this_thread::get_id());
    if (third_throws && index_ == 2 && state_.step == 5) throw std::runtime_error("broken hinge");
    envs::StepResult result;
    result.reward = state_.episode;
    result.terminated = ++state_.step >= 3 + 5 * (state_.episode % 3);
    return result;
  }
  void Observe(std::uint8_t*) override { throw std::logic_error("draws nothing"); }
  void ObserveState(double* state) const override { *state = state_.step; }
  std::vector<std::uint8_t> Snapshot() const override {
    if (!has_snapshots) return Environment::Snapshot();
    return {static_cast<std::uint8_t>(state_.episode), static_cast<std::uint8_t>(state_.step)};
  }
  void Restore(const std::vector<std::uint8_t>& bytes) override { state_ = {bytes[0], bytes[1]}; }

 private:
  struct State {
    int episode = 0;
    int step = 0;
  };
  std::size_t index_;
  State state_;
  envs::ObservationSpec observation_spec_{0, 0, 0, {{"step", 1}}};
  envs::ActionSpec action_spec_{1};
};

ExperimentConfig NotedConfig() {
  static const bool registered = [] {
    envs::Register({"noted", "for this test", "curl_rl",
                    [](const envs::EnvironmentOptions&) { return std::make_unique<Noted>(); }});
    return true;
  }();
  EXPECT_TRUE(registered);
  Noted::threads.clear();
  Noted::third_throws = false;
  Noted::has_snapshots = true;
  return SmallConfig({"task=noted", "observation=state", "agent.contrastive=none",
                      "action_repeat=1", "threads=3"});
}

TEST_F(EvaluationTest, EachEnvironmentHasItsThreadAndTakesTheNextEpisodeWhenItIsFree) {
  auto lanes = MakeEvaluationLanes(NotedConfig(), 1, 3);
  RowByRow agent(1);
  // The k-th episode, from 1, has 3 + 5 (k mod 3) steps of reward k.
  EXPECT_THAT(Evaluate(agent, lanes, 6), testing::ElementsAre(8, 26, 9, 32, 65, 18));
  std::set<std::thread::id> all;
  for (const auto& threads : Noted::threads) all.insert(threads.begin(), threads.end());
  EXPECT_EQ(all.size(), 3u);
}

TEST_F(EvaluationTest, WhatOneEnvironmentThrowsInItsThreadEndsTheEvaluation) {
  const auto config = NotedConfig();
  auto lanes = MakeEvaluationLanes(config, 1, 4);
  Noted::third_throws = true;
  RowByRow agent(1);
  EXPECT_THAT([&] { Evaluate(agent, lanes, 8); },
              testing::ThrowsMessage<std::runtime_error>(testing::StrEq("broken hinge")));
}

TEST_F(EvaluationTest, ARequestToStopIsHeardBetweenDecisions) {
  const auto config = SmallConfig({});
  for (const std::int64_t count : {1, 2}) {
    auto lanes = MakeEvaluationLanes(config, 1, count);
    RowByRow agent(lanes[0].action_size());
    int asked = 0;
    std::vector<video::Recording> recordings;
    EXPECT_TRUE(Evaluate(agent, lanes, 5, &recordings, [&] { return ++asked > 7; }).empty());
    EXPECT_EQ(asked, 8);
    EXPECT_TRUE(recordings.empty());
  }
}

TEST_F(EvaluationTest, SeveralEnvironmentsNeedSnapshots) {
  const auto config = NotedConfig();
  Noted::has_snapshots = false;
  EXPECT_THAT([&] { MakeEvaluationLanes(config, 1, 2); },
              testing::ThrowsMessage<UsageError>(testing::StrEq(
                  "eval_environments: got 2, but 'noted' keeps no snapshots, with which several "
                  "environments share a random stream; allowed: 1")));
  auto lanes = MakeEvaluationLanes(config, 1, 1);
  RowByRow agent(1);
  EXPECT_EQ(Evaluate(agent, lanes, 2).size(), 2u);
}

}  // namespace
}  // namespace curl_rl::experiments
