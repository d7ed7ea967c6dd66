#include "encoders/contrastive.h"

#include <ATen/CPUGeneratorImpl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace curl_rl::encoders {
namespace {

at::Generator Stream(std::uint64_t seed) { return at::detail::createCPUGenerator(seed); }

TEST(InfoNce, IsTheFormulaWrittenOut) {
  InfoNce objective(3, Stream(1));
  const auto w = objective.named_parameters()["W"].detach();
  const auto anchor = torch::randn({4, 3}, Stream(2));
  const auto positive = torch::randn({4, 3}, Stream(3));
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
  const auto result = objective.Evaluate(anchor, positive);
  EXPECT_NEAR(result.loss.item<double>(), expected, 1e-5);  // float32 sums of a few terms
}

TEST(InfoNce, WStartsUniformInZeroToOne) {
  InfoNce objective(50, Stream(1));
  const auto w = objective.named_parameters()["W"];
  EXPECT_GE(w.min().item<double>(), 0.0);
  EXPECT_LT(w.max().item<double>(), 1.0);
  EXPECT_NEAR(w.mean().item<double>(), 0.5, 4.0 * std::sqrt(1.0 / 12.0 / 2500.0));  // 4 sigma
}

TEST(InfoNce, FeaturesThatTellNothingGiveLnB) {
  InfoNce objective(8, Stream(1));
  const auto same = torch::ones({64, 8});
  EXPECT_NEAR(objective.Evaluate(same, same).loss.item<double>(), std::log(64.0), 1e-5);
}

TEST(InfoNce, AccuracyCountsAnchorsThatFindTheirPositive) {
  InfoNce objective(4, Stream(1));
  {
    torch::NoGradGuard no_grad;
    objective.named_parameters()["W"].copy_(torch::eye(4));
  }
  const auto views = torch::eye(4);
  EXPECT_EQ(objective.Evaluate(views, views).accuracy.item<double>(), 1.0);
  const auto two_swapped = views.index_select(0, torch::tensor({1, 0, 2, 3}));
  EXPECT_EQ(objective.Evaluate(views, two_swapped).accuracy.item<double>(), 0.5);
}

TEST(InfoNce, KeysMustCarryNoGradient) {
  InfoNce objective(4, Stream(1));
  const auto views = torch::eye(4);
  EXPECT_THROW(objective.Evaluate(views, views.clone().set_requires_grad(true)), std::logic_error);
}

TEST(MakeContrastiveObjective, NoneIsNullAndOthersAreRefusedByName) {
  EXPECT_EQ(MakeContrastiveObjective("none", 4, Stream(1)), nullptr);
  EXPECT_NE(MakeContrastiveObjective("infonce", 4, Stream(1)), nullptr);
  try {
    MakeContrastiveObjective("simclr", 4, Stream(1));
    FAIL() << "an unknown objective was made";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("infonce"));
  }
}

}  // namespace
}  // namespace curl_rl::encoders
