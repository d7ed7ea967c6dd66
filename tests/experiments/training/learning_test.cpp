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
constexpr double kNotLearned = 20.0;

// The toy task, whose rewards come 997 decisions late: as likely as the true ones, and of no use.
class LateRewards : public envs::Environment {
 public:
  explicit LateRewards(const envs::EnvironmentOptions& options)
      : task_(envs::Make("toy_reach", options)), late_(997, 0.0) {}

  const envs::ObservationSpec& observation_spec() const override {
    return task_->observation_spec();
  }
  const envs::ActionSpec& action_spec() const override { return task_->action_spec(); }
  double control_timestep() const override { return task_->control_timestep(); }
  int step_limit() const override { return task_->step_limit(); }
  void Reset() override { task_->Reset(); }
  envs::StepResult Step(const std::vector<double>& action) override {
    auto result = task_->Step(action);
    std::swap(result.reward, late_[next_]);
    next_ = (next_ + 1) % late_.size();
    return result;
  }
  void Observe(std::uint8_t* pixels) override { task_->Observe(pixels); }
  void ObserveState(double* state) const override { task_->ObserveState(state); }

 private:
  std::unique_ptr<envs::Environment> task_;
  std::vector<double> late_;
  std::size_t next_ = 0;
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
    envs::Register({"toy_reach_late_rewards", "a control", "this test",
                    [](const envs::EnvironmentOptions& options) {
                      return std::make_unique<LateRewards>(options);
                    }});
  }
};

TEST_F(Learning, SeveralSeedsLearnFromPixels) {
  for (const std::int64_t seed : {1, 2, 3}) EXPECT_GT(Train(seed, "toy_reach"), kLearned);
}

TEST_F(Learning, WithoutTheRewardsRelationNothingIsLearned) {
  for (const std::int64_t seed : {1, 2}) {
    EXPECT_LT(Train(seed, "toy_reach_late_rewards"), kNotLearned);
  }
}

}  // namespace
}  // namespace curl_rl::experiments
