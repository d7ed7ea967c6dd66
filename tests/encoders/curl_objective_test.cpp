// CURL's objective by its formula, and what the list of objectives gives and refuses.
#include <ATen/CPUGeneratorImpl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>

#include "encoders/objective.h"
#include "encoders/objectives.h"

namespace curl_rl::encoders {
namespace {

constexpr std::int64_t kFeatures = 4;

// Views that are features already: an encoder of no channels hands them on.
class CurlObjective : public testing::Test {
 protected:
  explicit CurlObjective(std::int64_t feature_dim = kFeatures) {
    context_.encoder.channels = 0;
    context_.encoder.feature_dim = feature_dim;
    context_.stream = at::detail::createCPUGenerator(1);
  }

  std::shared_ptr<Objective> Make() { return MakeObjective(*settings_, context_); }

  struct Result {
    double loss, accuracy;
  };
  Result Evaluate(Objective& objective, const torch::Tensor& anchor,
                  const torch::Tensor& positive) {
    replay::Batch batch;
    batch.tensors = {{"observation", anchor}, {"positive", positive}};
    const PixelEncoder encoder(context_.encoder, context_.stream);
    SideStream beside(torch::kCPU);
    const NamedTensors noise;
    Encodings encodings(batch, noise, encoder, encoder, beside);
    NamedTensors metrics;
    const auto loss = objective.Loss(encodings, metrics);
    EXPECT_EQ(loss.item<double>(), metrics.at("contrastive_loss").item<double>());
    return {loss.item<double>(), metrics.at("contrastive_accuracy").item<double>()};
  }

  void SetW(Objective& objective, const torch::Tensor& w) {
    torch::NoGradGuard no_grad;
    objective.named_parameters()["W"].copy_(w);
  }

  std::unique_ptr<ObjectiveSettings> settings_ = MakeObjectiveSettings("curl");
  ObjectiveContext context_;
};

TEST_F(CurlObjective, IsTheFormulaWrittenOut) {
  const auto objective = Make();
  const auto w = objective->named_parameters()["W"].detach();
  torch::manual_seed(2);
  const auto anchor = torch::randn({4, kFeatures});
  const auto positive = torch::randn({4, kFeatures});
  double expected = 0.0;
  for (int i = 0; i < 4; ++i) {
    double sum = 0.0, own = 0.0;
    for (int j = 0; j < 4; ++j) {
      const double logit = anchor[i].matmul(w).dot(positive[j]).item<double>();
      sum += std::exp(logit);
      if (i == j) own = logit;
    }
    expected += (std::log(sum) - own) / 4.0;
  }
  EXPECT_NEAR(Evaluate(*objective, anchor, positive).loss, expected, 1e-5);  // float32 sums
}

TEST_F(CurlObjective, MeasuresItsFeaturesAsTheOthersDo) {
  const auto objective = Make();
  const auto names = objective->metric_names();
  replay::Batch batch;
  const auto views = torch::eye(kFeatures);
  batch.tensors = {{"observation", 3 * views}, {"positive", 2 * views}};
  const PixelEncoder encoder(context_.encoder, context_.stream);
  SideStream beside(torch::kCPU);
  const NamedTensors noise;
  Encodings encodings(batch, noise, encoder, encoder, beside);
  NamedTensors metrics;
  objective->Loss(encodings, metrics);
  ASSERT_EQ(metrics.size(), names.size());
  for (const auto& name : names) EXPECT_EQ(metrics.count(name), 1u) << name;
  // Every pair of keys is the square root of 2 apart; their centre takes one direction away.
  EXPECT_NEAR(metrics.at("alignment").item<double>(), 0.0, 1e-6);
  EXPECT_NEAR(metrics.at("uniformity").item<double>(), -4.0, 1e-5);
  EXPECT_NEAR(metrics.at("participation_ratio").item<double>(), kFeatures - 1.0, 1e-4);
}

TEST_F(CurlObjective, WStartsUniformInZeroToOne) {
  context_.encoder.feature_dim = 50;
  const auto w = Make()->named_parameters()["W"];
  EXPECT_GE(w.min().item<double>(), 0.0);
  EXPECT_LT(w.max().item<double>(), 1.0);
  EXPECT_NEAR(w.mean().item<double>(), 0.5, 4.0 * std::sqrt(1.0 / 12.0 / 2500.0));  // 4 sigma
}

TEST_F(CurlObjective, FeaturesThatTellNothingGiveLnB) {
  const auto same = torch::ones({64, kFeatures});
  EXPECT_NEAR(Evaluate(*Make(), same, same).loss, std::log(64.0), 1e-5);
}

TEST_F(CurlObjective, AccuracyCountsAnchorsThatFindTheirPositive) {
  const auto objective = Make();
  SetW(*objective, torch::eye(4));
  const auto views = torch::eye(4);
  EXPECT_EQ(Evaluate(*objective, views, views).accuracy, 1.0);
  const auto two_swapped = views.index_select(0, torch::tensor({1, 0, 2, 3}));
  EXPECT_EQ(Evaluate(*objective, views, two_swapped).accuracy, 0.5);
}

TEST_F(CurlObjective, ShuffledPositivesAreNeverTheAnchorsOwn) {
  settings_->common.shuffled_positives = true;
  const auto objective = Make();
  SetW(*objective, torch::eye(4));
  EXPECT_EQ(Evaluate(*objective, torch::eye(4), torch::eye(4)).accuracy, 0.0);
}

TEST(Objectives, AnUnknownNameIsRefusedWithTheListAndTheNearest) {
  try {
    MakeObjectiveSettings("curI");
    FAIL() << "an unknown objective was made";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("allowed: curl"));
    EXPECT_THAT(error.what(), testing::HasSubstr("did you mean 'curl'"));
  }
}

TEST(Objectives, EachIsDescribed) {
  for (const auto& info : ObjectiveInfos()) {
    EXPECT_FALSE(info.idea.empty()) << info.name;
    EXPECT_FALSE(info.source.empty()) << info.name;
    EXPECT_EQ(MakeObjectiveSettings(info.name)->info().name, info.name);
  }
}

}  // namespace
}  // namespace curl_rl::encoders
