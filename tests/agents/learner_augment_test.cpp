// Augmentations in the learner: which views they change, in updates and in acting.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agents/learner_fixture.h"

namespace curl_rl::agents {
namespace {

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

}  // namespace
}  // namespace curl_rl::agents
