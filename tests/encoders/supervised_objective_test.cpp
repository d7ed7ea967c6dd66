// Classes out of rewards and times, and the contrast of their rows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>

#include <cmath>

#include "encoders/losses/softmax.h"
#include "encoders/objectives.h"
#include "encoders/objectives/labels.h"
#include "tests/encoders/objective_fixture.h"

namespace curl_rl::encoders {
namespace {

replay::Batch BatchOfRewards(const std::vector<float>& rewards, std::int64_t columns,
                             const std::vector<std::int64_t>& steps) {
  replay::Batch batch;
  batch.tensors["horizon.reward"] = torch::tensor(rewards).view({-1, columns});
  batch.tensors["horizon.steps"] = torch::tensor(steps, torch::kInt64);
  return batch;
}

std::vector<std::int64_t> Values(const torch::Tensor& labels) {
  EXPECT_EQ(labels.scalar_type(), torch::kInt64);
  return {labels.data_ptr<std::int64_t>(), labels.data_ptr<std::int64_t>() + labels.numel()};
}

TEST(Labels, AReturnIsTheMeanOfTheDecisionsThatThereAre) {
  LabelConfig config;
  config.bins = 4;
  config.horizon = 2;
  // Action repeat 2: a decision's reward is at most 2. Behind an episode's end there are zeros.
  const Labels labels(config, 2);
  EXPECT_EQ(labels.horizon(), 2);
  const auto batch = BatchOfRewards({0.0F, 0.9F, /**/ 2.0F, 2.0F, /**/ 1.0F, 0.0F, /**/ 1.0F, 2.1F},
                                    2, {2, 2, 1, 2});
  EXPECT_EQ(Values(labels.Of(batch)), (std::vector<std::int64_t>{0, 3, 2, 3}));
}

TEST(Labels, ARewardIsTheFirstDecisionsWhateverElseTheBatchHolds) {
  LabelConfig config;
  config.of = LabelOf::kReward;
  config.bins = 2;
  config.low = -1.0;
  config.high = 3.0;
  const Labels labels(config, 1);
  EXPECT_EQ(labels.horizon(), 1);
  const auto batch = BatchOfRewards({0.9F, 9.0F, /**/ 1.1F, -9.0F, /**/ -5.0F, 9.0F}, 2, {2, 2, 2});
  EXPECT_EQ(Values(labels.Of(batch)), (std::vector<std::int64_t>{0, 1, 0}));
}

TEST(Labels, APhaseIsAPartOfTheEpisode) {
  LabelConfig config;
  config.of = LabelOf::kPhase;
  config.bins = 4;
  config.episode_steps = 100;
  const Labels labels(config, 5);  // 20 decisions
  EXPECT_EQ(labels.horizon(), 0);
  replay::Batch batch;
  batch.tensors["episode_step"] = torch::tensor({0, 4, 5, 19, 20, 90}, torch::kInt64);
  EXPECT_EQ(Values(labels.Of(batch)), (std::vector<std::int64_t>{0, 0, 1, 3, 3, 3}));
}

TEST(Labels, EntropyIsOfTheSharesOverLnBins) {
  LabelConfig config;
  config.bins = 4;
  const Labels labels(config, 1);
  const auto of = [&](const std::vector<std::int64_t>& values) {
    return labels.Entropy(torch::tensor(values, torch::kInt64)).item<double>();
  };
  EXPECT_EQ(of({2, 2, 2}), 0.0);
  EXPECT_NEAR(of({0, 1, 2, 3}), 1.0, 1e-6);
  EXPECT_NEAR(of({0, 0, 3, 3}), 0.5, 1e-6);
}

TEST(Labels, RefuseBinsThatCannotBeToldApart) {
  const auto message = [](const LabelConfig& config, std::int64_t action_repeat) -> std::string {
    try {
      const Labels labels(config, action_repeat);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "accepted";
  };
  LabelConfig config;
  config.bins = 1;
  EXPECT_EQ(message(config, 1), "label.bins: got 1, allowed: at least 2 (one class has no others)");
  config.bins = 30;
  config.of = LabelOf::kPhase;
  config.episode_steps = 50;
  EXPECT_EQ(message(config, 1), "accepted");
  EXPECT_EQ(message(config, 2),
            "label.bins: got 30, allowed: at most 25, the decisions of an episode of "
            "label.episode_steps");
  config.of = LabelOf::kReward;
  config.high = config.low;
  EXPECT_EQ(message(config, 1), "label.high: got 0, allowed: above label.low, 0");
}

class SupervisedObjective : public testing::Test {
 protected:
  SupervisedObjective() {
    settings_.config.projection.kind = HeadKind::kNone;
    settings_.config.label.of = LabelOf::kReward;
    settings_.config.label.bins = 4;
  }
  ObjectiveFixture Make() { return {settings_, ObjectiveFixture::Features(4, 6)}; }

  // Rows whose labels are these.
  static replay::Batch MakeBatch(const std::vector<float>& labels) {
    auto batch = BatchOfRewards(labels, 1, {1, 1, 1, 1});
    batch.tensors["horizon.reward"] = (batch.at("horizon.reward") + 0.5) / 4.0;
    batch.tensors["observation"] = torch::randn({4, 6}, at::detail::createCPUGenerator(1));
    batch.tensors["supervised_positive"] = torch::randn({4, 6}, at::detail::createCPUGenerator(2));
    return batch;
  }

  SettingsOf<SupervisedConfig> settings_;
};

TEST_F(SupervisedObjective, WithAClassARowItIsNtXent) {
  auto on = Make();
  const auto batch = MakeBatch({0, 1, 2, 3});
  const auto expected = NtXent(batch.at("observation"), batch.at("supervised_positive"), 0.1).loss;
  EXPECT_NEAR(on.Loss(batch).item<double>(), expected.item<double>(), 1e-5);
  EXPECT_NEAR(on.metrics.at("label_entropy").item<double>(), 1.0, 1e-6);
}

TEST_F(SupervisedObjective, RowsOfOneClassAttractAcrossViewsAndRows) {
  auto on = Make();
  const auto batch = MakeBatch({0, 2, 0, 2});
  const auto rows = torch::cat({batch.at("observation"), batch.at("supervised_positive")});
  const auto labels = torch::tensor({0, 2, 0, 2}, torch::kInt64).repeat({2});
  const auto expected = SupervisedNtXent(rows, labels, 0.1).loss;
  EXPECT_NEAR(on.Loss(batch).item<double>(), expected.item<double>(), 1e-5);
}

// All rewards alike, as a sparse task's are at first: nothing may draw all rows together.
TEST_F(SupervisedObjective, ABatchOfOneClassCountsNowhere) {
  auto on = Make();
  auto batch = MakeBatch({0, 0, 0, 0});
  const auto anchor = batch.tensors["observation"].requires_grad_(true);
  const auto loss = on.Loss(batch);
  EXPECT_EQ(loss.item<double>(), 0.0);
  EXPECT_EQ(torch::autograd::grad({loss}, {anchor}).at(0).abs().max().item<double>(), 0.0);
  EXPECT_EQ(on.metrics.at("label_entropy").item<double>(), 0.0);
}

TEST_F(SupervisedObjective, AsksForTheDecisionsThatItsLabelNeeds) {
  settings_.config.label.of = LabelOf::kReturn;
  EXPECT_EQ(Make().objective->horizon(), 10);
  settings_.config.label.bins = 1;
  EXPECT_THROW(Make(), std::invalid_argument);
}

}  // namespace
}  // namespace curl_rl::encoders
