// Agents that must learn the toy task from pixels, and a control that must not: it has everything
// they have but the relation of rewards to decisions.
//
// The task's mean returns (envs/toy_reach.h): no motion 1.5, random actions 9.1, the best
// controller 47.3, of 50.
#include <gtest/gtest.h>

#include "experiments/config/config_reader.h"
#include "experiments/machine/process_setup.h"
#include "experiments/training/trainer.h"
#include "replay/random_stream.h"

namespace curl_rl::experiments {
namespace {

constexpr double kLearned = 35.0;
constexpr double kNotLearned = 20.0;

// Trains as Trainer does, if asked with each batch's rewards permuted; the mean evaluation return
// at the end.
double Train(std::int64_t seed, bool permute_rewards) {
  const auto config = ReadConfig(CURL_RL_SOURCE_DIR "/experiments/configs/toy.yaml",
                                 {"seed=" + std::to_string(seed), "device=cpu"});
  AgentView view(config, static_cast<std::uint32_t>(seed));
  auto eval_views = MakeViews(config, static_cast<std::uint32_t>(1000 + seed), 1);
  const auto agent = MakeAgent(config, view.observation_shape(), view.action_size(), torch::kCPU);
  replay::ReplayOptions options;
  options.observation_shape = view.observation_shape();
  options.action_size = view.action_size();
  options.crop_size = config.agent.crop_size;
  options.seed = static_cast<std::uint64_t>(seed);
  options.capacity = config.env_steps;
  replay::ReplayBuffer replay(options);
  auto stream =
      replay::MakeStream(static_cast<std::uint64_t>(seed), replay::StreamPurpose::kWarmUp);
  bool over = true;
  for (std::int64_t step = 0; step < config.env_steps; ++step) {
    if (over) {
      view.Reset();
      replay.BeginEpisode(view.observation());
    }
    auto action = torch::rand({1, view.action_size()}, stream, torch::kFloat64) * 2 - 1;
    if (step >= config.init_steps) {
      action = agent->Act(view.Stack(), agents::ActMode::kSample);
      auto batch = replay.Sample(config.agent.batch_size);
      const auto permutation = torch::randperm(config.agent.batch_size, stream,
                                               torch::TensorOptions().dtype(torch::kInt64));
      if (permute_rewards) batch.reward = batch.reward.index_select(0, permutation);
      agent->Update(batch);
    }
    const auto decision = view.Step(FirstAction(action));
    replay.Add(view.observation(), FirstAction(action), decision.reward, decision.terminated,
               decision.truncated);
    over = decision.last();
  }
  const double result = Summarize(Evaluate(*agent, eval_views, 20)).mean;
  std::cout << "seed " << seed << ", mean evaluation return " << result << std::endl;
  return result;
}

class Learning : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    ExperimentConfig config;
    config.threads = 1;
    SetUpProcess(config);
  }
};

TEST_F(Learning, SeveralSeedsLearnFromPixels) {
  for (const std::int64_t seed : {1, 2, 3}) EXPECT_GT(Train(seed, false), kLearned);
}

TEST_F(Learning, WithoutTheRewardsRelationNothingIsLearned) {
  for (const std::int64_t seed : {1, 2}) EXPECT_LT(Train(seed, true), kNotLearned);
}

}  // namespace
}  // namespace curl_rl::experiments
