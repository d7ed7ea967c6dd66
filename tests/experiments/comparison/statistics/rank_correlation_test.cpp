// Spearman's rank correlation: SciPy's values, ties, and when there is none.
#include "experiments/comparison/statistics/rank_correlation.h"

#include <gtest/gtest.h>

#include <cmath>

namespace curl_rl::comparison {
namespace {

// Expected: scipy.stats.spearmanr of SciPy 1.17.
TEST(Spearman, IsSciPys) {
  EXPECT_NEAR(Spearman({1, 2, 3, 4, 5}, {5, 6, 7, 8, 7}), 0.8207826816681233, 1e-15);
  EXPECT_NEAR(Spearman({3, 1, 4, 1, 5, 9, 2, 6}, {2, 7, 1, 8, 2, 8, 1, 8}), 0.19885368120992467,
              1e-15);
}

TEST(Spearman, LooksAtTheOrderAlone) {
  EXPECT_EQ(Spearman({1, 2, 3}, {1, 10, 1000}), 1.0);
  EXPECT_EQ(Spearman({1, 2, 3}, {0.3, 0.2, -7}), -1.0);
}

TEST(Spearman, OfTwoOrOfAConstantIsNone) {
  EXPECT_TRUE(std::isnan(Spearman({1, 2}, {1, 2})));
  EXPECT_TRUE(std::isnan(Spearman({1, 1, 1, 1}, {1, 2, 3, 4})));
}

TEST(Spearman, HasAnIntervalFromFivePairsOn) {
  BootstrapOptions options;
  options.replicates = 500;
  EXPECT_FALSE(SpearmanEstimate({1, 2, 3, 4}, {1, 3, 2, 4}, options, "a").has_interval());
  const Estimate estimate =
      SpearmanEstimate({1, 2, 3, 4, 5, 6, 7, 8}, {1, 3, 2, 4, 6, 5, 8, 7}, options, "a");
  EXPECT_LT(estimate.low, estimate.value);
  EXPECT_GE(estimate.high, estimate.value);
  EXPECT_LE(estimate.high, 1.0);
}

}  // namespace
}  // namespace curl_rl::comparison
