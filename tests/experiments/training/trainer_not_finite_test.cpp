// A loss or a parameter that is not finite stops a run, and what explains it is kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <limits>

#include "experiments/checkpoints/safetensors.h"
#include "experiments/checkpoints/weights.h"
#include "experiments/training/trainer.h"
#include "tests/experiments/training/trainer_fixture.h"

namespace curl_rl::experiments {
namespace {

TEST_F(TrainerTest, ALossThatIsNotFiniteStopsTheRunAndKeepsTheBatch) {
  auto config = SmallConfig({});
  config.agent.sac.critic_lr = 1e30;  // more than a config may say
  const auto run_dir = directory_.File("diverges");
  std::filesystem::create_directories(run_dir + "/failure");
  directory_.Write("diverges/failure/batch.safetensors", "of an earlier failure");
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
  EXPECT_EQ(directory_.Read("diverges/failure.old_1/batch.safetensors"), "of an earlier failure");
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

}  // namespace
}  // namespace curl_rl::experiments
