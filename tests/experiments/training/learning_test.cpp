// Agents that must learn the toy task from pixels, and a control that must not: it has everything
// they have but the relation of rewards to decisions. Both are trained by the Trainer with the
// shipped config.
//
// The task's mean returns (envs/toy_reach.h): no motion 1.5, random actions 9.1, the best
// controller 47.3, of 50.
#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <random>
#include <sstream>
#include <utility>

#include "envs/registry.h"
#include "experiments/checkpoints/checkpoint.h"
#include "experiments/config/config_reader.h"
#include "experiments/machine/process_setup.h"
#include "experiments/play/make_agent.h"
#include "experiments/training/evaluation.h"
#include "experiments/training/trainer.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

constexpr double kLearned = 35.0;
constexpr double kNotLearned = 25.0;

// The toy task, whose rewards are earlier ones, drawn at random: as likely as the true ones, and of
// no use. A fixed delay is of some: states that come late in an episode would meet rewards that
// came late in one, and an agent that happens to near its target would be told to go on.
class ShuffledRewards : public envs::Environment {
 public:
  explicit ShuffledRewards(const envs::EnvironmentOptions& options)
      : task_(envs::Make("toy_reach", options)), earlier_(1000, 0.0) {}

  const envs::ObservationSpec& observation_spec() const override {
    return task_->observation_spec();
  }
  const envs::ActionSpec& action_spec() const override { return task_->action_spec(); }
  double control_timestep() const override { return task_->control_timestep(); }
  int step_limit() const override { return task_->step_limit(); }
  void Reset() override { task_->Reset(); }
  envs::StepResult Step(const std::vector<double>& action) override {
    auto result = task_->Step(action);
    std::swap(result.reward, earlier_[random_() % earlier_.size()]);
    return result;
  }
  void Observe(std::uint8_t* pixels) override { task_->Observe(pixels); }
  void ObserveState(double* state) const override { task_->ObserveState(state); }

 private:
  std::unique_ptr<envs::Environment> task_;
  std::vector<double> earlier_;
  std::mt19937 random_;  // the same draws in every run
};

// The mean return in the true task of an agent that was trained in `task`.
double Train(std::int64_t seed, const std::string& task) {
  const TemporaryDirectory folder;
  const auto run_dir = folder.path() + "/run";
  const auto config =
      ReadConfig(CURL_RL_SOURCE_DIR "/experiments/configs/toy.yaml",
                 {"task=" + task, "seed=" + std::to_string(seed), "device=cpu", "eval_every=0",
                  "eval_episodes=1", "checkpoint_every=0", "run_dir=" + run_dir});
  std::filesystem::create_directories(run_dir);
  Trainer trainer(config, torch::kCPU, run_dir);
  std::ostringstream out;
  Progress progress(out, false, config.env_steps, 0);
  SignalRequests requests;
  EXPECT_TRUE(trainer.Run(progress, requests));

  auto true_task = config;
  true_task.task = "toy_reach";
  auto lanes = MakeEvaluationLanes(true_task, static_cast<std::uint32_t>(1000 + seed), 1);
  const auto agent =
      MakeAgent(true_task, lanes[0].observation_shape(), lanes[0].action_size(), torch::kCPU);
  agent->Load(ReadAgent(run_dir, "latest").tensors);
  const double result = Summarize(Evaluate(*agent, lanes, 20)).mean;
  std::cout << "seed " << seed << ", mean evaluation return " << result << std::endl;
  return result;
}

class Learning : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    ExperimentConfig config;
    config.threads = 1;
    SetUpProcess(config);
    envs::Register({"toy_reach_shuffled_rewards", "a control", "this test",
                    [](const envs::EnvironmentOptions& options) {
                      return std::make_unique<ShuffledRewards>(options);
                    }});
  }
};

TEST_F(Learning, SeveralSeedsLearnFromPixels) {
  for (const std::int64_t seed : {1, 2, 3}) EXPECT_GT(Train(seed, "toy_reach"), kLearned);
}

// An agent that is told nothing ends with some policy. One that happens to move by the distance's
// sign gets half of what can be had, or nothing: single seeds say little, their mean does.
TEST_F(Learning, WithoutTheRewardsRelationNothingIsLearned) {
  double sum = 0.0;
  for (const std::int64_t seed : {1, 2, 3}) sum += Train(seed, "toy_reach_shuffled_rewards");
  EXPECT_LT(sum / 3.0, kNotLearned);
}

}  // namespace
}  // namespace curl_rl::experiments
