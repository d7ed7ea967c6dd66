// TACO's contrast: which rows count in which term, what its switches leave out, who gets a
// gradient.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "encoders/losses/softmax.h"
#include "encoders/objectives.h"
#include "tests/encoders/objective_fixture.h"

namespace curl_rl::encoders {
namespace {

constexpr std::int64_t kRows = 5, kDim = 6;

class TacoObjective : public testing::Test {
 protected:
  TacoObjective() { settings_.config.hidden = 7; }
  ObjectiveFixture OnFeatures() { return {settings_, ObjectiveFixture::Features(kRows, kDim)}; }

  // Features in every view; the last row's episode ends after a decision.
  replay::Batch FeatureBatch(const ObjectiveFixture& on) const {
    replay::Batch batch;
    const auto stream = at::detail::createCPUGenerator(3);
    AddNumbers(on.objective->Views(), on.objective->horizon(), kRows, 2, 0, stream, batch);
    for (const auto& view : on.objective->Views()) {
      batch.tensors[view.name] = torch::randn({kRows, kDim}, stream);
    }
    batch.tensors["horizon.steps"][kRows - 1] = 1;
    return batch;
  }

  SettingsOf<TacoConfig> settings_;
};

TEST_F(TacoObjective, LooksSoManyDecisionsAhead) {
  settings_.config.steps = 4;
  const auto on = OnFeatures();
  EXPECT_EQ(on.objective->horizon(), 4);
  const auto views = on.objective->Views();
  ASSERT_EQ(views.size(), 3u);
  EXPECT_EQ(views[2].of, replay::ViewOf::kAhead);
  EXPECT_EQ(views[2].ahead, 4);
}

// What is found at the end of a shorter row is another row's negative, and else without effect:
// neither its actions nor its reward.
TEST_F(TacoObjective, RowsWhoseEpisodeEndsBeforeCountInTheCropsAlone) {
  auto on = OnFeatures();
  auto batch = FeatureBatch(on);
  const auto loss = on.Loss(batch);
  const auto crops = on.metrics.at("crops_loss").clone();
  batch.tensors["horizon.action"][kRows - 1].fill_(0.5);
  batch.tensors["reward"][kRows - 1].fill_(1000.0);
  EXPECT_TRUE(torch::equal(on.Loss(batch), loss));
  batch.tensors["taco_later.ahead"].fill_(1);
  EXPECT_TRUE(torch::equal(on.Loss(batch), crops));  // no row is left for the other terms
}

TEST_F(TacoObjective, TheTermsAreTheWholeAndCanBeLeftOut) {
  auto on = OnFeatures();
  const auto batch = FeatureBatch(on);
  const auto loss = on.Loss(batch).item<double>();
  double sum = 0.0;
  for (const char* term : {"contrastive_loss", "crops_loss", "reward_loss"}) {
    sum += on.metrics.at(term).item<double>();
  }
  EXPECT_NEAR(loss, sum, 1e-5 * std::abs(sum));

  settings_.config.crops = settings_.config.reward = false;
  auto alone = OnFeatures();
  EXPECT_EQ(alone.objective->Views().size(), 2u);
  EXPECT_FALSE(alone.objective->named_parameters().contains("reward.last.weight"));
  const auto first_term = alone.Loss(batch);
  EXPECT_TRUE(torch::equal(first_term, alone.metrics.at("contrastive_loss")));
  for (const auto& name : alone.objective->metric_names()) {
    EXPECT_EQ(alone.metrics.count(name), 1u) << name;
  }
}

TEST_F(TacoObjective, AnotherRowsPositivesAreAnotherLoss) {
  auto on = OnFeatures();
  const auto batch = FeatureBatch(on);
  on.Loss(batch);
  const auto true_terms = on.metrics;
  settings_.common.shuffled_positives = true;
  auto shuffled = OnFeatures();
  shuffled.Loss(batch);
  for (const char* term : {"contrastive_loss", "crops_loss", "reward_loss"}) {
    EXPECT_NE(shuffled.metrics.at(term).item<double>(), true_terms.at(term).item<double>()) << term;
  }
}

// By the anchor the gradient goes through the objective's own trunk into the convolutions, and not
// into the critic's projection.
TEST_F(TacoObjective, TrainsConvolutionsThroughATrunkOfItsOwn) {
  ObjectiveFixture on(settings_, ObjectiveFixture::Pixels());
  const auto batch = on.Batch(1);
  const auto loss = on.Loss(batch);
  loss.backward();
  for (const auto& item : on.objective->named_parameters()) {
    ASSERT_TRUE(item.value().grad().defined()) << item.key();
    EXPECT_GT(item.value().grad().abs().sum().item<double>(), 0.0) << item.key();
  }
  for (const auto& item : on.online->named_parameters()) {
    const bool of_convolutions = item.key().rfind("conv_stack", 0) == 0;
    EXPECT_EQ(item.value().grad().defined(), of_convolutions) << item.key();
  }
}

TEST_F(TacoObjective, ActionsAreWrittenInAQuarterMoreNumbersOrAsManyAsAsked) {
  const auto width = [&] {
    return OnFeatures().objective->named_parameters()["action_code.last.weight"].size(0);
  };
  EXPECT_EQ(width(), 3);  // 2 * 1.25, rounded down, and one more
  settings_.config.action_dim = 9;
  EXPECT_EQ(width(), 9);
}

}  // namespace
}  // namespace curl_rl::encoders
