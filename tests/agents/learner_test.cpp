// The learner: what each part of a step changes, what it saves, refuses and shows.
#include "agents/learner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "replay/gather.h"
#include "tests/agents/learner_fixture.h"

namespace curl_rl::agents {
namespace {

TEST(Learner, ActsOnTheCentreCrop) {
  Learner agent(SmallConfig(), SmallSpec());
  auto stack = torch::randint(256, {1, 9, 24, 24}, torch::kUInt8);
  const auto action = agent.Act(stack, ActMode::kMean);
  ASSERT_EQ(action.sizes(), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(action.scalar_type(), torch::kFloat64);
  stack.index_put_({0, 0, 0, 0}, 255 - stack[0][0][0][0].item<int>());  // in the margin
  EXPECT_TRUE(torch::equal(agent.Act(stack, ActMode::kMean), action));
  // An odd place in the crop: delta-orthogonal kernels of stride 2 do not see even ones yet.
  stack.index_put_({0, 0, 13, 13}, stack[0][0][13][13].item<int>() < 128 ? 255 : 0);
  EXPECT_FALSE(torch::equal(agent.Act(stack, ActMode::kMean), action));
}

TEST(Learner, InspectTellsWhatItActsOnAndWhy) {
  Learner agent(SmallConfig(), SmallSpec());
  const auto stack = torch::randint(256, {2, 9, 24, 24}, torch::kUInt8);
  const auto insight = agent.Inspect(stack);
  const auto crop = SmallConfig().crop_size;
  EXPECT_TRUE(torch::equal(insight.seen, replay::CenterCrop(stack, crop)));
  EXPECT_TRUE(torch::equal(insight.action, agent.Act(stack, ActMode::kMean)));
  // The same by the way that recorded updates are checked by.
  const auto action = insight.action.to(torch::kFloat32);
  const auto evaluation = agent.Evaluate(insight.seen, action);
  EXPECT_TRUE(torch::allclose(insight.q1, evaluation.q.q1.squeeze(1)));
  EXPECT_TRUE(torch::allclose(insight.q2, evaluation.q.q2.squeeze(1)));
  EXPECT_FALSE(torch::equal(insight.q1, insight.q2));
  ASSERT_EQ(insight.policy_entropy.sizes(), (std::vector<std::int64_t>{2}));
  // Within the bounds that log_std_min and log_std_max set, for two action components.
  const double constant = 1.0 + std::log(2.0 * M_PI);
  const auto config = SmallConfig();
  EXPECT_GT(insight.policy_entropy.min().item<double>(), constant + 2.0 * config.sac.log_std_min);
  EXPECT_LT(insight.policy_entropy.max().item<double>(), constant + 2.0 * config.sac.log_std_max);
  // Looking changes nothing.
  Learner other(SmallConfig(), SmallSpec());
  EXPECT_TRUE(torch::equal(agent.Act(stack, ActMode::kSample), other.Act(stack, ActMode::kSample)));
}

TEST(Learner, EvaluationDrawsNothing) {
  Learner agent(SmallConfig(), SmallSpec());
  Learner other(SmallConfig(), SmallSpec());
  const auto stack = torch::randint(256, {1, 9, 16, 16}, torch::kUInt8);
  for (int i = 0; i < 5; ++i) agent.Act(stack, ActMode::kMean);
  EXPECT_TRUE(torch::equal(agent.Act(stack, ActMode::kSample), other.Act(stack, ActMode::kSample)));
  EXPECT_FALSE(
      torch::equal(agent.Act(stack, ActMode::kSample), agent.Act(stack, ActMode::kSample)));
}

TEST(Learner, EvenStepsMoveActorTemperatureAndTargetsOddStepsDoNot) {
  Learner agent(SmallConfig(), SmallSpec());
  const auto start = Copy(agent);
  agent.UpdateOn(RandomBatch(1));  // gradient step 0
  const auto even = Copy(agent);
  agent.UpdateOn(RandomBatch(2));  // gradient step 1
  const auto odd = Copy(agent);
  for (const char* part : {"actor.", "log_alpha", "target_q.", "key_encoder."}) {
    EXPECT_FALSE(Equal(start, even, part)) << part;
    EXPECT_TRUE(Equal(even, odd, part)) << part;
  }
  for (const char* part : {"q.", "encoder.", "objective."}) {
    EXPECT_FALSE(Equal(start, even, part)) << part;
    EXPECT_FALSE(Equal(even, odd, part)) << part;
  }
}

TEST(Learner, TheFirstContrastiveLossIsNearLnB) {
  // Features of nearly equal images are nearly equal: the objective can tell nothing yet.
  Learner agent(SmallConfig(), SmallSpec());
  auto batch = RandomBatch(1);
  for (const char* view : {"observation", "positive"}) {
    batch.tensors[view] = 0.5 + 1e-5 * batch.tensors[view];
  }
  const auto loss = agent.UpdateOn(batch).at("contrastive_loss").item<double>();
  EXPECT_NEAR(loss, std::log(16.0), 0.05 * std::log(16.0));
}

// `objectives: []` takes away the contrastive step and nothing else: with a contrastive rate of
// 0 the two agents do the same.
TEST(Learner, WithoutContrastOnlyThatStepIsGone) {
  auto config = SmallConfig();
  config.objectives[0]->common.lr = 0.0;
  Learner silent(config, SmallSpec());
  config.objectives.clear();
  Learner none(config, SmallSpec());
  for (std::uint64_t n = 0; n < 4; ++n) {
    silent.UpdateOn(RandomBatch(n));
    none.UpdateOn(RandomBatch(n));
  }
  const auto a = silent.Save();
  for (const auto& [name, tensor] : none.Save()) {
    EXPECT_TRUE(torch::equal(tensor, a.at(name))) << name;  // the random streams among them
  }
  const auto metrics = none.UpdateOn(RandomBatch(9));
  EXPECT_EQ(metrics.count("contrastive_loss"), 0u);
  EXPECT_EQ(metrics.count("critic_loss"), 1u);
}

TEST(Learner, TheActorDoesNotTrainTheEncoder) {
  auto config = SmallConfig();
  config.sac.critic_lr = 0.0;
  config.objectives[0]->common.lr = 0.0;
  Learner agent(config, SmallSpec());
  const auto start = Copy(agent);
  agent.UpdateOn(RandomBatch(1));
  EXPECT_TRUE(Equal(start, agent.Save(), "encoder."));
  EXPECT_FALSE(Equal(start, agent.Save(), "actor."));
}

TEST(Learner, DetachEncoderKeepsTheCriticFromTheConvolutions) {
  auto config = SmallConfig();
  config.objectives.clear();
  for (const bool detach : {false, true}) {
    for (const auto schedule : {Schedule::kReference, Schedule::kJoint}) {
      config.encoder.detach = detach;
      config.schedule = schedule;
      Learner agent(config, SmallSpec());
      const auto start = Copy(agent);
      agent.UpdateOn(RandomBatch(1));
      EXPECT_EQ(Equal(start, agent.Save(), "encoder.conv_stack."), detach)
          << envs::NameOf(schedule);
      EXPECT_FALSE(Equal(start, agent.Save(), "encoder.projection.")) << envs::NameOf(schedule);
    }
  }
}

TEST(Learner, EverySettingThatCannotWorkIsRefusedByName) {
  const auto message = [](const AgentConfig& config, const AgentSpec& spec) -> std::string {
    try {
      Learner agent(config, spec);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "accepted";
  };
  auto config = SmallConfig();
  config.precision = Precision::kTf32;
  EXPECT_THAT(message(config, SmallSpec()),
              testing::HasSubstr("got 'tf32', allowed on cpu: float32, bfloat16"));
  config = SmallConfig();
  auto moco = std::make_unique<encoders::SettingsOf<encoders::MocoConfig>>();
  moco->config.queue_size = 8;
  config.objectives.clear();
  config.objectives.emplace_back(std::move(moco));
  EXPECT_THAT(message(config, SmallSpec()),
              testing::StartsWith("agent.moco.queue_size: got 8, allowed: at least 16"));
  config.batch_size = 1;
  EXPECT_THAT(message(config, SmallSpec()), testing::StartsWith("agent.batch_size: got 1"));
  config = SmallConfig();
  auto spec = SmallSpec();
  spec.channels = 0;
  spec.state_size = 5;
  EXPECT_THAT(message(config, spec), testing::HasSubstr("observation: state"));
}

// The schedule follows the run's decisions, in updates and in acting.
TEST(Learner, DdpgExploresAsItsScheduleSays) {
  auto config = SmallConfig();
  config.objectives.clear();
  config.actor_critic = ActorCriticKind::kDdpg;
  config.ddpg.stddev_schedule = "linear(0.4,0.2,100)";
  Learner agent(config, SmallSpec());
  const auto stack = torch::randint(256, {1, 9, 16, 16}, torch::kUInt8);
  const auto mean = agent.ActWith(stack, {});
  const auto noise = torch::full({1, 2}, 0.5);
  const std::vector<std::pair<int, double>> kValues = {{0, 0.4}, {50, 0.3}, {500, 0.2}};
  for (const auto& [step, stddev] : kValues) {
    agent.SetAgentStep(step);
    EXPECT_TRUE(torch::allclose(agent.ActWith(stack, noise) - mean,
                                torch::full({1, 2}, 0.5 * stddev, torch::kFloat64), 1e-5, 1e-6));
  }
  for (const auto& [step, stddev] : kValues) {
    agent.SetAgentStep(step);
    EXPECT_NEAR(agent.UpdateOn(RandomBatch(1)).at("policy_stddev").item<double>(), stddev, 1e-6);
  }
  // Acting is clamped within the actions, and not clipped as updates are.
  const auto far = agent.ActWith(stack, torch::full({1, 2}, 100.0));
  EXPECT_LT(far.max().item<double>(), 1.0);
  EXPECT_GT(far.min().item<double>(), 0.999);
}

// SAC+AE's reference counts decisions: the updates of one decision are all alike.
TEST(Learner, FrequenciesCountDecisionsIfAsked) {
  auto config = SmallConfig();
  config.freq_counts = FreqCounts::kAgentSteps;
  Learner agent(config, SmallSpec());
  for (const auto& [step, actor] : std::vector<std::pair<int, bool>>{
           {1000, true}, {1000, true}, {1001, false}, {1001, false}, {1002, true}}) {
    agent.SetAgentStep(step);
    EXPECT_EQ(agent.UpdateOn(RandomBatch(1)).count("actor_loss") == 1, actor) << step;
  }
}

TEST(Learner, RunsOnStateVectors) {
  auto config = SmallConfig();
  config.objectives.clear();
  config.sac.critic_lr = 1e-2;
  AgentSpec spec;
  spec.channels = 0;
  spec.state_size = 5;
  spec.action_size = 1;
  Learner agent(config, spec);
  replay::Batch batch;
  batch.tensors = {{"observation", torch::randn({16, 5})},
                   {"next_observation", torch::randn({16, 5})},
                   {"action", torch::zeros({16, 1})},
                   {"reward", torch::ones({16, 1})},
                   {"bootstrap", torch::zeros({16, 1})}};
  const auto first = agent.UpdateOn(batch).at("critic_loss").item<double>();
  double last = first;
  for (int n = 0; n < 100; ++n) last = agent.UpdateOn(batch).at("critic_loss").item<double>();
  EXPECT_LT(last, 0.1 * first);
  EXPECT_EQ(agent.Act(torch::randn({3, 5}), ActMode::kSample).sizes(),
            (std::vector<std::int64_t>{3, 1}));
}

// Before objectives could draw, agents were saved without a stream of theirs.
TEST(Learner, TakesUpAnAgentThatWasSavedWithoutAnObjectivesStream) {
  Learner agent(SmallConfig(), SmallSpec());
  agent.UpdateOn(RandomBatch(1));
  auto saved = Copy(agent);
  ASSERT_EQ(saved.erase("objective_stream"), 1u);
  Learner resumed(SmallConfig(), SmallSpec());
  resumed.Load(saved);
  EXPECT_TRUE(Equal(saved, resumed.Save(), ""));
}

TEST(Learner, LoadRefusesAnotherShapeAndChangesNothing) {
  Learner agent(SmallConfig(), SmallSpec());
  const auto before = Copy(agent);
  auto config = SmallConfig();
  config.sac.hidden_dim = 32;
  Learner wider(config, SmallSpec());
  EXPECT_THROW(agent.Load(wider.Save()), std::runtime_error);
  auto incomplete = Copy(wider);
  incomplete.erase("log_alpha");
  EXPECT_THROW(wider.Load(incomplete), std::runtime_error);
  EXPECT_TRUE(Equal(before, agent.Save(), ""));
}

}  // namespace
}  // namespace curl_rl::agents
