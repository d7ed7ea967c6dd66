// The learner: what each part of a step changes, what it saves, refuses and shows.
#include "agents/learner.h"

#include <ATen/CPUGeneratorImpl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "replay/gather.h"
#include "tests/encoders/made_batch.h"

namespace curl_rl::agents {
namespace {

AgentConfig SmallConfig() {
  AgentConfig config;
  config.batch_size = 16;
  config.encoder.num_layers = 2;
  config.encoder.num_filters = 4;
  config.encoder.feature_dim = 8;
  config.sac.hidden_dim = 16;
  config.ddpg.hidden_dim = 16;
  config.crop_size = 16;
  return config;
}

AgentSpec SmallSpec() {
  AgentSpec spec;
  spec.channels = 9;
  spec.action_size = 2;
  return spec;
}

// Random pictures in all `views`.
replay::Batch BatchOf(const std::vector<replay::View>& views, std::int64_t horizon,
                      std::uint64_t seed) {
  const auto stream = at::detail::createCPUGenerator(seed);
  replay::Batch batch;
  for (const auto& view : views) batch.tensors[view.name] = torch::rand({16, 9, 16, 16}, stream);
  encoders::AddNumbers(views, horizon, 16, 2, 10 * static_cast<std::int64_t>(seed), stream, batch);
  return batch;
}

replay::Batch RandomBatch(std::uint64_t seed) {
  std::vector<replay::View> views(3);
  views[0].name = "observation";
  views[1].name = "next_observation";
  views[2].name = "positive";
  return BatchOf(views, 0, seed);
}

// What `agent` asks of the replay.
replay::Batch BatchFor(const Learner& agent, std::uint64_t seed) {
  return BatchOf(agent.batch_spec().views, agent.batch_spec().horizon, seed);
}

replay::NamedTensors Copy(const Learner& agent) {
  auto state = agent.Save();
  for (auto& [name, tensor] : state) tensor = tensor.clone();
  return state;
}

bool Equal(const replay::NamedTensors& a, const replay::NamedTensors& b,
           const std::string& prefix) {
  bool equal = true;
  for (const auto& [name, tensor] : a) {
    if (name.compare(0, prefix.size(), prefix) == 0) equal &= torch::equal(tensor, b.at(name));
  }
  return equal;
}

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

// Every kind but those that make pictures of another size, for pictures of 16 pixels.
std::vector<encoders::AugmentationSpec> AllThatKeepTheSize() {
  std::vector<encoders::AugmentationSpec> kinds;
  for (const auto& info : encoders::AugmentationInfos()) {
    if (info.name == "crop" || info.name == "translate") continue;
    kinds.push_back(encoders::DefaultAugmentation(info.name));
    auto& spec = kinds.back();
    spec.size = 12;  // of window
    spec.grid = 4;   // divides 16
    spec.box_min = 2;
    spec.box_max = 5;
  }
  return kinds;
}

// What is augmented, and what is not: an update with views that the test augments itself.
TEST(Learner, AugmentsTheChosenViewsAndNoOthers) {
  const auto flip = [] {
    auto spec = encoders::DefaultAugmentation("flip");
    spec.probability = 1.0;
    return spec;
  }();
  const std::vector<std::string> critics = {"observation", "next_observation"};
  const std::vector<std::pair<AugmentViews, std::vector<std::string>>> kCases = {
      {AugmentViews::kKey, {"positive"}},
      {AugmentViews::kCritic, critics},
      {AugmentViews::kAll, {"observation", "next_observation", "positive"}}};
  for (const auto schedule : {Schedule::kReference, Schedule::kJoint}) {
    for (const auto& [views, flipped] : kCases) {
      auto config = SmallConfig();
      config.schedule = schedule;
      Learner plain(config, SmallSpec());
      config.augment.kinds = {flip};
      config.augment.views = views;
      Learner augmented(config, SmallSpec());
      for (std::uint64_t n = 0; n < 3; ++n) {
        auto batch = RandomBatch(n);
        augmented.UpdateOn(batch);
        for (const auto& name : flipped) batch.tensors[name] = batch.at(name).flip({3});
        plain.UpdateOn(batch);
      }
      const auto state = augmented.Save();
      for (const auto& [name, tensor] : plain.Save()) {
        EXPECT_TRUE(torch::allclose(tensor.to(torch::kFloat64), state.at(name).to(torch::kFloat64),
                                    1e-4, 1e-6))
            << envs::NameOf(views) << ' ' << name;
      }
    }
  }
}

// `both`: the objective sees other pictures of the observation than the critic.
TEST(Learner, AugmentsTheAnchorButNotTheCritics) {
  auto config = SmallConfig();
  config.objectives[0]->common.lr = 0.0;
  Learner plain(config, SmallSpec());
  config.augment.kinds = AllThatKeepTheSize();
  config.augment.views = AugmentViews::kBoth;
  Learner augmented(config, SmallSpec());
  for (std::uint64_t n = 0; n < 4; ++n) {
    const auto a = plain.UpdateOn(RandomBatch(n));
    const auto b = augmented.UpdateOn(RandomBatch(n));
    EXPECT_FALSE(torch::equal(a.at("contrastive_loss"), b.at("contrastive_loss")));
    EXPECT_TRUE(torch::equal(a.at("critic_loss"), b.at("critic_loss")));
  }
  const auto state = augmented.Save();
  for (const auto& [name, tensor] : plain.Save()) {
    // The objective's own Adam has seen other gradients.
    if (name.rfind("contrastive_adam", 0) == 0) continue;
    EXPECT_TRUE(torch::equal(tensor, state.at(name))) << name;
  }
}

// Numbers are drawn from a stream of their own, which is saved: each kind, on every picture.
TEST(Learner, AugmentedRunsGoOnExactlyWhereTheyWereSaved) {
  for (const auto& kind : AllThatKeepTheSize()) {
    for (const auto views : {AugmentViews::kBoth, AugmentViews::kAll}) {
      auto config = SmallConfig();
      config.augment.kinds = {kind};
      config.augment.views = views;
      Learner agent(config, SmallSpec());
      agent.UpdateOn(RandomBatch(1));
      auto spec = SmallSpec();
      spec.seed = 77;
      Learner resumed(config, spec);
      resumed.Load(Copy(agent));
      agent.UpdateOn(RandomBatch(2));
      resumed.UpdateOn(RandomBatch(2));
      EXPECT_TRUE(Equal(agent.Save(), resumed.Save(), "")) << kind.kind;
    }
  }
}

// RAD's translate: the encoder sees the larger picture, acting and evaluation its middle.
TEST(Learner, ATranslatedPictureLiesInTheMiddleWhenActing) {
  auto config = SmallConfig();
  config.objectives.clear();
  config.window = replay::Window::kCentre;
  config.augment.kinds = {encoders::DefaultAugmentation("translate")};
  config.augment.kinds[0].size = 20;
  config.augment.views = AugmentViews::kCritic;
  Learner agent(config, SmallSpec());
  agent.UpdateOn(BatchFor(agent, 1));
  const auto stack = torch::randint(256, {1, 9, 20, 20}, torch::kUInt8);
  const auto seen = agent.Inspect(stack).seen;
  auto expected = torch::zeros({1, 9, 20, 20}, torch::kUInt8);
  expected.slice(2, 2, 18).slice(3, 2, 18).copy_(stack.slice(2, 2, 18).slice(3, 2, 18));
  EXPECT_TRUE(torch::equal(seen, expected));
  // The reference acts on the whole frame in training: the margin changes what it does there.
  auto other = stack.clone();
  other.slice(2, 0, 2).fill_(255);
  const auto noise = torch::zeros({1, 2});
  EXPECT_TRUE(torch::equal(agent.ActWith(stack, noise), agent.ActWith(other, noise)));
  config.augment.acting = AugmentActing::kReference;
  Learner reference(config, SmallSpec());
  reference.UpdateOn(BatchFor(reference, 1));  // delta-orthogonal kernels do not see the margin yet
  EXPECT_FALSE(torch::equal(reference.ActWith(stack, noise), reference.ActWith(other, noise)));
  EXPECT_TRUE(torch::equal(reference.ActWith(stack, {}), reference.ActWith(other, {})));
}

// DrQ's batched passes beside the same picture in each place: then K and M change nothing but the
// sum's factor.
TEST(Learner, SeveralPicturesOfOneObservationAreOneBatch) {
  auto config = SmallConfig();
  config.objectives.clear();
  Learner one(config, SmallSpec());
  config.sac.observation_views = 3;
  config.sac.next_views = 2;
  config.sac.view_loss = ViewLoss::kMean;
  Learner mean(config, SmallSpec());
  config.sac.view_loss = ViewLoss::kSum;
  Learner sum(config, SmallSpec());
  auto batch = RandomBatch(1);
  for (const char* name : {"observation_2", "observation_3"}) {
    batch.tensors[name] = batch.at("observation");
  }
  batch.tensors["next_observation_2"] = batch.at("next_observation");
  const auto drawn = torch::randn({16, 2});
  const NamedTensors noise = {
      {"next", drawn}, {"next_2", drawn}, {"current", torch::randn({16, 2})}};
  const auto a = one.UpdateOn(batch, noise);
  const auto b = mean.UpdateOn(batch, noise);
  const auto c = sum.UpdateOn(batch, noise);
  for (const char* name : {"critic_loss", "q1", "target_q", "actor_loss"}) {
    EXPECT_TRUE(torch::allclose(a.at(name), b.at(name), 1e-4, 1e-5)) << name;
  }
  EXPECT_TRUE(torch::allclose(3 * a.at("critic_loss"), c.at("critic_loss"), 1e-4, 1e-5));
}

TEST(Learner, AugmentationsThatCannotWorkAreRefusedByName) {
  const auto message = [](const AgentConfig& config) -> std::string {
    try {
      Learner agent(config, SmallSpec());
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "accepted";
  };
  auto config = SmallConfig();
  config.augment.kinds = {encoders::DefaultAugmentation("translate")};
  config.augment.kinds[0].size = 20;
  EXPECT_THAT(message(config), testing::StartsWith("agent.augment.views: got 'key', allowed: all"));
  config.augment.views = AugmentViews::kCritic;  // and the positive would stay small
  EXPECT_THAT(message(config), testing::StartsWith("agent.augment.views: got 'critic'"));
  config = SmallConfig();
  config.objectives.clear();
  config.augment.kinds = {encoders::DefaultAugmentation("flip")};
  EXPECT_THAT(message(config), testing::HasSubstr("no objective in agent.objectives"));
  config.objectives.emplace_back(encoders::MakeObjectiveSettings("reconstruction"));
  EXPECT_THAT(message(config), testing::HasSubstr("no objective looks at a picture beside"));
  config.augment.views = AugmentViews::kAll;
  config.augment.kinds[0].probability = 2.0;
  EXPECT_THAT(message(config), testing::HasSubstr("probability: got 2, allowed 0 to 1"));
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

// All settings that change the path through Update, and each objective of the list.
class EveryPath
    : public testing::TestWithParam<std::tuple<Schedule, std::string, Precision, ActorCriticKind>> {
 protected:
  static AgentConfig Config() {
    auto config = SmallConfig();
    config.actor_critic = std::get<3>(GetParam());
    config.schedule = std::get<0>(GetParam());
    config.precision = std::get<2>(GetParam());
    config.objectives.clear();
    const auto& objective = std::get<1>(GetParam());
    if (objective != kNone) {
      config.objectives.emplace_back(encoders::MakeObjectiveSettings(objective));
    }
    return config;
  }

 public:
  static constexpr const char* kNone = "none";

  static std::vector<std::string> Objectives() {
    std::vector<std::string> names = {kNone};
    for (const auto& info : encoders::ObjectiveInfos()) names.push_back(info.name);
    return names;
  }
};

TEST_P(EveryPath, GoesOnExactlyWhereItWasSaved) {
  const auto config = Config();
  Learner agent(config, SmallSpec());
  for (std::uint64_t n = 0; n < 3; ++n) agent.UpdateOn(BatchFor(agent, n));
  auto spec = SmallSpec();
  spec.seed = 77;
  Learner resumed(config, spec);
  resumed.Load(Copy(agent));
  for (std::uint64_t n = 3; n < 6; ++n) {
    const auto a = agent.UpdateOn(BatchFor(agent, n));
    const auto b = resumed.UpdateOn(BatchFor(agent, n));
    for (const auto& [name, value] : a) {
      EXPECT_TRUE(torch::equal(value, b.at(name))) << name;
      EXPECT_TRUE(std::isfinite(value.item<double>())) << name;
    }
  }
  const auto saved = resumed.Save();
  for (const auto& [name, tensor] : agent.Save()) {  // queues, momentum copies, streams among them
    EXPECT_TRUE(torch::equal(tensor, saved.at(name))) << name;
  }
  const auto stack = torch::randint(256, {1, 9, 16, 16}, torch::kUInt8);
  EXPECT_TRUE(
      torch::equal(agent.Act(stack, ActMode::kSample), resumed.Act(stack, ActMode::kSample)));
}

// An objective of weight 0 changes nothing of actor, critic, encoder and their streams.
TEST_P(EveryPath, AnObjectiveOfWeightZeroIsNone) {
  auto config = Config();
  if (!config.objectives.empty()) config.objectives[0]->common.weight = 0.0;
  Learner silent(config, SmallSpec());
  config.objectives.clear();
  Learner none(config, SmallSpec());
  for (std::uint64_t n = 0; n < 3; ++n) {
    const auto batch = BatchFor(silent, n);
    silent.UpdateOn(batch);
    none.UpdateOn(batch);
  }
  const auto a = silent.Save();
  for (const auto& [name, tensor] : none.Save()) {
    EXPECT_TRUE(torch::equal(tensor, a.at(name))) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Learner, EveryPath,
    testing::Combine(testing::Values(Schedule::kReference, Schedule::kJoint),
                     testing::ValuesIn(EveryPath::Objectives()),
                     testing::Values(Precision::kFloat32, Precision::kBFloat16),
                     testing::Values(ActorCriticKind::kSac, ActorCriticKind::kDdpg)),
    [](const auto& test) {
      return std::string(envs::NameOf(std::get<0>(test.param))) + "_" + std::get<1>(test.param) +
             "_" + envs::NameOf(std::get<2>(test.param)) + "_" +
             envs::NameOf(std::get<3>(test.param));
    });

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
