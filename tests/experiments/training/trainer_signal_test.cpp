// A signal stops a run, in the middle of an evaluation too, and loses nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <memory>

#include "envs/registry.h"
#include "experiments/training/trainer.h"
#include "tests/experiments/training/trainer_fixture.h"

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
    // To the process, as a shell does it: raise() would ask the lane's own thread.
    if (steps_to_signal >= 0 && --steps_to_signal == 0) ::kill(::getpid(), SIGTERM);
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
  Resume(config, stopped, 0);
  ExpectSameRun(whole, stopped, 240);
}

// A signal in the middle of an evaluation, the first and later ones.
TEST_F(TrainerTest, AnEvaluationThatASignalBrokeOffIsPlayedAnew) {
  RegisterSignallingReach();
  for (const std::string environments : {"1", "2"}) {
    const auto config = SmallConfig({"task=signalling_reach", "eval_episodes=2", "update_every=4",
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
      Resume(config, run_dir, stopped_at);
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

}  // namespace
}  // namespace curl_rl::experiments
