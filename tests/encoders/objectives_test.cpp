// What must hold of every objective of the list: the rules of the contract, the negative control,
// what is refused; and that a user's own becomes one of them.
#include "encoders/objectives.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>

#include "tests/encoders/objective_fixture.h"
#include "tests/encoders/observed_operations.h"

namespace curl_rl::encoders {
namespace {

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const auto& info : ObjectiveInfos()) names.push_back(info.name);
  return names;
}

class EveryObjective : public testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<ObjectiveFixture> Make() const {
    auto on = std::make_unique<ObjectiveFixture>(*settings_, ObjectiveFixture::Pixels());
    on->LiveThrough(3);
    return on;
  }

  // One gradient step by plain descent: small enough that a few of them stay finite.
  static std::vector<torch::Tensor> Step(ObjectiveFixture& on, std::uint64_t seed) {
    on.RefreshIfDue();
    on.Draw();
    const auto batch = on.Batch(seed);
    const auto loss = on.Loss(batch);
    const auto trained = on.Trained();
    auto gradients = torch::autograd::grad({loss}, trained, {}, c10::nullopt, false,
                                           /*allow_unused=*/true);
    const torch::NoGradGuard no_grad;
    for (std::size_t i = 0; i < trained.size(); ++i) {
      auto value = trained[i];
      if (gradients[i].defined()) value.sub_(gradients[i], 1e-4);
    }
    on.AfterStep(batch);
    MomentumUpdate(*on.online, *on.key, 0.05);
    on.objective->MoveMomentum(0.05);
    ++on.steps;
    gradients.push_back(loss.detach());
    return gradients;
  }

  static std::vector<torch::Tensor> State(const Objective& objective) {
    auto state = objective.parameters();
    for (const auto& buffer : objective.buffers()) state.push_back(buffer);
    return state;
  }

  std::unique_ptr<ObjectiveSettings> settings_ = EagerSettings(GetParam());
};

TEST_P(EveryObjective, TrainsTheEncoderAndGivesTheMetricsThatItNames) {
  const auto on = Make();
  on->Draw();
  const auto loss = on->Loss(on->Batch(1));
  EXPECT_EQ(loss.dim(), 0);
  EXPECT_TRUE(std::isfinite(loss.item<double>()));
  const auto trained = on->Trained();
  const auto gradients = torch::autograd::grad({loss}, trained, {}, c10::nullopt, false,
                                               /*allow_unused=*/true);
  // Of the encoder the convolutions come first.
  const auto convolutions = on->online->ConvParameters().size();
  const auto encoder = on->online->parameters().size();
  for (std::size_t i = 0; i < trained.size(); ++i) {
    const bool behind_maps = i >= convolutions && i < encoder;
    if (behind_maps && (GetParam() == "segmentation" || GetParam() == "taco")) {
      EXPECT_FALSE(gradients[i].defined()) << "of cells alone, or by a trunk of its own";
      continue;
    }
    ASSERT_TRUE(gradients[i].defined()) << trained[i].sizes();
    EXPECT_TRUE(gradients[i].isfinite().all().item<bool>());
    EXPECT_GT(gradients[i].abs().max().item<double>(), 0.0) << trained[i].sizes();
  }
  std::vector<std::string> names;
  for (const auto& [name, value] : on->metrics) {
    names.push_back(name);
    EXPECT_EQ(value.dim(), 0) << name;
    EXPECT_FALSE(value.requires_grad()) << name;
    EXPECT_TRUE(std::isfinite(value.item<double>())) << name;
  }
  EXPECT_THAT(names, testing::UnorderedElementsAreArray(on->objective->metric_names()));
}

TEST_P(EveryObjective, LooksAtTheCriticsViewAndAtViewsOfItsOwn) {
  const auto on = Make();
  const auto views = on->objective->Views();
  for (const auto& view : views) {
    EXPECT_EQ(view.size, on->context.view.size) << view.name;
    if (view.name == "observation" || view.name == "next_observation") continue;
    const bool own = view.name.find(GetParam()) == 0;
    EXPECT_TRUE(own || (GetParam() == "curl" && view.name == "positive")) << view.name;
  }
  for (const auto& name : on->objective->key_views()) {
    EXPECT_TRUE(std::any_of(views.begin(), views.end(), [&](const auto& view) {
      return view.name == name;
    })) << name;
  }
  on->Draw();
  for (const auto& [name, tensor] : on->noise) EXPECT_EQ(name.find(GetParam() + "."), 0u) << name;
}

// A recorded graph reads and writes where it was recorded.
TEST_P(EveryObjective, KeepsEveryTensorInItsPlace) {
  const auto on = Make();
  on->Draw();
  const auto places = [&] {
    std::vector<std::pair<const void*, std::vector<std::int64_t>>> found;
    auto all = State(*on->objective);
    for (const auto& [name, tensor] : on->noise) all.push_back(tensor);
    for (const auto& tensor : all) found.emplace_back(tensor.data_ptr(), tensor.sizes().vec());
    return found;
  };
  const auto before = places();
  for (std::uint64_t n = 0; n < 3; ++n) Step(*on, n);
  EXPECT_EQ(places(), before);
}

TEST_P(EveryObjective, AsksNothingOfTheHost) {
  const auto on = Make();
  on->Draw();
  const auto batch = on->Batch(1);
  const auto operations = OperationsOf([&] {
    on->Loss(batch).backward();
    on->AfterStep(batch);
    on->objective->MoveMomentum(0.05);
  });
  EXPECT_GT(operations.size(), 10u) << "the observer saw nothing";
  for (const auto& name : HostReads()) {
    EXPECT_THAT(operations, testing::Not(testing::Contains(name)));
  }
}

TEST_P(EveryObjective, EqualInputsGiveEqualBits) {
  const auto a = Make(), b = Make();
  for (std::uint64_t n = 0; n < 3; ++n) {
    const auto ours = Step(*a, n), others = Step(*b, n);
    for (std::size_t i = 0; i < ours.size(); ++i) {
      ASSERT_EQ(ours[i].defined(), others[i].defined());
      if (ours[i].defined()) {
        EXPECT_TRUE(torch::equal(ours[i], others[i])) << i;
      }
    }
    for (const auto& [name, value] : a->metrics) {
      EXPECT_TRUE(torch::equal(value, b->metrics.at(name))) << name;
    }
  }
  const auto ours = State(*a->objective), others = State(*b->objective);
  for (std::size_t i = 0; i < ours.size(); ++i) EXPECT_TRUE(torch::equal(ours[i], others[i])) << i;
}

TEST_P(EveryObjective, ShuffledPositivesAreAnotherLoss) {
  const auto on = Make();
  settings_->common.shuffled_positives = true;
  const auto shuffled = Make();
  on->Draw();
  shuffled->Draw();
  const auto batch = on->Batch(1);
  const double loss = on->Loss(batch).item<double>();
  EXPECT_EQ(loss, on->Loss(batch).item<double>());
  EXPECT_NE(loss, shuffled->Loss(batch).item<double>());
}

INSTANTIATE_TEST_SUITE_P(Each, EveryObjective, testing::ValuesIn(Names()),
                         [](const auto& test) { return test.param; });

// The same picture twice: each anchor's own key has the highest cosine, and with shuffled positives
// none has.
TEST(Objectives, TheNegativeControlFindsNoPositive) {
  for (const std::string name :
       {"simclr", "moco", "nnclr", "pairs", "pcl", "supervised", "swav", "temporal"}) {
    for (const bool shuffled : {false, true}) {
      const auto settings = MakeObjectiveSettings(name);
      settings->common.shuffled_positives = shuffled;
      ObjectiveFixture on(*settings, ObjectiveFixture::Features(6, 8));
      const auto rows = torch::randn({6, 8}, at::detail::createCPUGenerator(1));
      replay::Batch batch;
      for (const auto& view : on.objective->Views()) batch.tensors[view.name] = rows;
      AddNumbers(on.objective->Views(), on.objective->horizon(), 6, 2, 0,
                 at::detail::createCPUGenerator(2), batch);
      on.Loss(batch);
      EXPECT_EQ(on.metrics.at("contrastive_accuracy").item<double>(), shuffled ? 0.0 : 1.0) << name;
      EXPECT_EQ(on.metrics.at("alignment").item<double>() > 0.1, shuffled) << name;
    }
  }
}

TEST(Objectives, PairMetricsOfKeysThatAreAxes) {
  // Four orthogonal unit keys: squared distance 2 each; centred they span three directions alike.
  ObjectiveFixture on(*MakeObjectiveSettings("simclr"), ObjectiveFixture::Features(4, 4));
  replay::Batch batch;
  for (const auto& view : on.objective->Views()) batch.tensors[view.name] = torch::eye(4);
  on.Loss(batch);
  EXPECT_EQ(on.metrics.at("alignment").item<double>(), 0.0);
  EXPECT_NEAR(on.metrics.at("uniformity").item<double>(), -4.0, 1e-5);
  EXPECT_NEAR(on.metrics.at("participation_ratio").item<double>(), 3.0, 1e-5);

  // Variances 4 : 1 along two axes: 25 / 17, where the effective rank is 1.89.
  const auto cross = torch::tensor(
      {{2.f, 0.f, 0.f, 0.f}, {-2.f, 0.f, 0.f, 0.f}, {0.f, 1.f, 0.f, 0.f}, {0.f, -1.f, 0.f, 0.f}});
  for (const auto& view : on.objective->Views()) batch.tensors[view.name] = cross;
  on.Loss(batch);
  EXPECT_NEAR(on.metrics.at("participation_ratio").item<double>(), 25.0 / 17.0, 1e-5);
}

TEST(Objectives, WhatCannotWorkIsRefusedByName) {
  const auto message = [](const ObjectiveSettings& settings, std::int64_t rows) -> std::string {
    auto context = ObjectiveFixture::Pixels();
    context.batch_size = rows;
    try {
      MakeObjective(settings, context);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "accepted";
  };
  SettingsOf<MocoConfig> moco;
  moco.config.queue_size = 5;
  EXPECT_THAT(message(moco, 6), testing::StartsWith("queue_size: got 5, allowed: at least 6"));
  moco.config.queue_size = 6;
  EXPECT_EQ(message(moco, 6), "accepted");
  SettingsOf<NnclrConfig> nnclr;
  nnclr.config.queue_size = 5;
  EXPECT_THAT(message(nnclr, 6), testing::StartsWith("queue_size: got 5, allowed: at least 6"));
  SettingsOf<PclConfig> pcl;
  pcl.config.queue_size = 5;
  EXPECT_THAT(message(pcl, 6), testing::StartsWith("queue_size: got 5, allowed: at least 6"));
  for (const std::string name :
       {"simclr", "moco", "nnclr", "pairs", "pcl", "supervised", "swav", "temporal"}) {
    EXPECT_THAT(message(*MakeObjectiveSettings(name), 1),
                testing::StartsWith("agent.batch_size: got 1, allowed: at least 2"))
        << name;
  }
}

// What a config may not even say.
TEST(Objectives, RangesLeaveOutATemperatureOfNothingAndASingleClass) {
  std::size_t looked_at = 0;
  for (const auto& name : Names()) {
    const auto settings = MakeObjectiveSettings(name);
    for (const auto& setting : settings->Describe()) {
      const auto end = setting.name.substr(setting.name.rfind('.') + 1);
      if (end.find("temperature") != std::string::npos) {
        EXPECT_GT(setting.allowed.min, 0.0) << name << "." << setting.name;
      } else if (end == "bins" || end == "aspects" || end == "clusters") {
        EXPECT_GE(setting.allowed.min, 2.0) << name << "." << setting.name;
      } else {
        continue;
      }
      ++looked_at;
    }
  }
  EXPECT_GE(looked_at, 9u);
}

TEST(Objectives, EverySettingHasARangeOrIsAChoice) {
  for (const auto& name : Names()) {
    const auto settings = MakeObjectiveSettings(name);
    for (const auto& setting : settings->Describe()) {
      const bool number = std::holds_alternative<double*>(setting.value) ||
                          std::holds_alternative<std::int64_t*>(setting.value);
      EXPECT_EQ(setting.allowed.has_range(), number) << name << "." << setting.name;
      EXPECT_FALSE(setting.meaning.empty()) << name << "." << setting.name;
      const std::string end = "temperature";
      if (setting.name.size() < end.size()) continue;
      if (setting.name.substr(setting.name.size() - end.size()) == end) {
        EXPECT_GT(setting.allowed.min, 0.0) << name << "." << setting.name;
      }
    }
  }
}

}  // namespace

// A user's own, as in examples/own_objective: settings, and Make beside them.
namespace users {

struct OwnConfig {
  double scale = 3.0;
  static ObjectiveInfo Info() { return {"users_own", "a test", "this test", Told::kPixels}; }
  static ObjectiveCommon Common() { return {}; }
  envs::Settings Describe() {
    return {{"scale", &scale, envs::Between(0, 10), "", "of the loss", envs::Role::kOutcome}};
  }
};

class Own : public Objective {
 public:
  Own(double scale, replay::View view) : scale_(scale), view_(std::move(view)) {
    view_.name = "observation";
  }
  std::vector<replay::View> Views() const override { return {view_}; }
  torch::Tensor Loss(Encodings& encodings, NamedTensors& /*metrics*/) override {
    return scale_ * encodings.Features(view_.name).square().mean();
  }
  std::vector<std::string> metric_names() const override { return {}; }

 private:
  double scale_;
  replay::View view_;
};

std::shared_ptr<Objective> Make(const OwnConfig& config, const ObjectiveCommon& /*common*/,
                                const ObjectiveContext& context) {
  return std::make_shared<Own>(config.scale, context.view);
}

}  // namespace users

namespace {

TEST(Objectives, AUsersOwnIsOneOfTheListAndItsNameIsTaken) {
  RegisterObjective<users::OwnConfig>();
  EXPECT_EQ(ObjectiveInfos().back().name, "users_own");
  const auto settings = MakeObjectiveSettings("users_own");
  *std::get<double*>(settings->Describe().back().value) = 2.0;
  ObjectiveFixture on(*settings, ObjectiveFixture::Features(3, 2));
  replay::Batch batch;
  batch.tensors["observation"] = torch::full({3, 2}, 5.0);
  EXPECT_EQ(on.Loss(batch).item<double>(), 50.0);
  EXPECT_THROW(RegisterObjective<users::OwnConfig>(), std::invalid_argument);
}

TEST(Encodings, AViewOfAnObjectivesOwnMakingIsEncodedLikeOthers) {
  ObjectiveFixture on(*MakeObjectiveSettings("curl"), ObjectiveFixture::Pixels());
  const auto batch = on.Batch(1);
  Encodings encodings(batch, on.noise, on.online, on.key, on.beside);
  const auto mixed = 0.5 * (encodings.Pixels("observation") + encodings.Pixels("positive"));
  encodings.AddView("mixed", mixed);
  EXPECT_TRUE(torch::equal(encodings.Features("mixed"), on.online(mixed)));
  EXPECT_TRUE(torch::equal(encodings.KeyFeatures("mixed"), on.key(mixed)));
  EXPECT_FALSE(encodings.KeyFeatures("mixed").requires_grad());
}

TEST(Encodings, MapsAreAlsoPictures) {
  const auto context = ObjectiveFixture::Pixels();
  PixelEncoder encoder(context.encoder, context.stream);
  const auto maps = encoder->Maps(torch::rand({2, 9, 16, 16}));
  const auto pictures = AsPictures(maps, context.encoder);
  ASSERT_EQ(pictures.sizes(), (std::vector<std::int64_t>{2, 4, 5, 5}));  // 16 -> 7 -> 5
  EXPECT_EQ(pictures.data_ptr(), maps.data_ptr());
  EXPECT_EQ(pictures[1][3][2][4].item<float>(), maps[1][(2 * 5 + 4) * 4 + 3].item<float>());
}

}  // namespace
}  // namespace curl_rl::encoders
