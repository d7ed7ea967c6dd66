// Point estimates on scores small enough to check by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <stdexcept>

#include "experiments/comparison/statistics/aggregates.h"
#include "experiments/comparison/statistics/profiles.h"

namespace curl_rl::comparison {
namespace {

TEST(Aggregates, AreRliablesOnItsOwnExamples) {
  const Strata x = {{1, 2, 1, 2}, {2, 2, 1, 1}};  // rliable's matrices, transposed
  const Strata y = {{1, 2, 3}, {1, 2, 3}};
  EXPECT_DOUBLE_EQ(AggregateMean(x), 1.5);
  EXPECT_DOUBLE_EQ(AggregateMedian(x), 1.5);
  EXPECT_DOUBLE_EQ(AggregateIqm(x, IqmKind::kRliable), 1.5);
  EXPECT_DOUBLE_EQ(AggregateMean(y), 2);
  EXPECT_DOUBLE_EQ(AggregateIqm(y, IqmKind::kRliable), 2);
  EXPECT_DOUBLE_EQ(ProbabilityOfImprovement(x, y), 1.0 / 3);
}

TEST(Aggregates, OptimalityGapGivesNoCreditBeyondGamma) {
  Strata scores(16, std::vector<double>(5));  // 0 .. 79, as arange(80).reshape(5, 16)
  for (int run = 0; run < 5; ++run) {
    for (int task = 0; task < 16; ++task) scores[task][run] = run * 16 + task;
  }
  EXPECT_DOUBLE_EQ(AggregateIqm(scores, IqmKind::kRliable), 39.5);
  EXPECT_DOUBLE_EQ(AggregateMean(scores), 39.5);
  EXPECT_DOUBLE_EQ(OptimalityGap(scores, 40), 10.25);
}

TEST(Aggregates, IqmIgnoresAnOutlier) {
  EXPECT_DOUBLE_EQ(AggregateIqm({{1, 2, 3, 4, 100}}, IqmKind::kRliable), 3);
}

TEST(Aggregates, ExactIqmSplitsScoresAtTheQuartiles) {
  // Of 5 scores the middle 2.5 are 3/4 of the 2nd, the 3rd and 3/4 of the 4th.
  EXPECT_DOUBLE_EQ(AggregateIqm({{1, 2, 3, 8, 100}}, IqmKind::kExact), (1.5 + 3 + 6) / 2.5);
  EXPECT_DOUBLE_EQ(AggregateIqm({{1, 2, 3, 8}}, IqmKind::kExact), 2.5);
  EXPECT_DOUBLE_EQ(AggregateIqm({{1, 2, 3, 8}}, IqmKind::kRliable), 2.5);
  EXPECT_DOUBLE_EQ(AggregateIqm({{7}}, IqmKind::kExact), 7);
}

TEST(Aggregates, TasksWeighTheSameWhateverTheirRuns) {
  // Pooling would give the first task 6 of 8 shares.
  const Strata scores = {{0, 0, 0, 0, 0, 0}, {1, 1}};
  EXPECT_DOUBLE_EQ(AggregateMean(scores), 0.5);
  EXPECT_DOUBLE_EQ(AggregateIqm(scores, IqmKind::kRliable), 0.5);
  EXPECT_DOUBLE_EQ(OptimalityGap(scores, 1), 0.5);
}

TEST(Aggregates, StandardDeviationIsTheSamples) {
  EXPECT_DOUBLE_EQ(StandardDeviation({1, 3}), std::sqrt(2.0));
  EXPECT_TRUE(std::isnan(StandardDeviation({1})));
}

TEST(Aggregates, QuantileIsLinearBetweenOrderStatistics) {
  const auto quantile = [](std::vector<double> values, double q) { return Quantile(&values, q); };
  EXPECT_DOUBLE_EQ(quantile({20, 0, 30, 10}, 0.25), 7.5);
  EXPECT_DOUBLE_EQ(quantile({30, 20, 10, 0}, 0.5), 15);
  EXPECT_DOUBLE_EQ(quantile({0, 30, 10, 20}, 0), 0);
  EXPECT_DOUBLE_EQ(quantile({0, 30, 10, 20}, 1), 30);
  EXPECT_DOUBLE_EQ(quantile({7}, 0.3), 7);
  EXPECT_TRUE(std::isnan(quantile({}, 0.5)));
}

TEST(Improvement, TiesCountHalf) {
  EXPECT_DOUBLE_EQ(ProbabilityOfImprovement({{1, 1}}, {{1, 1, 1}}), 0.5);
  EXPECT_DOUBLE_EQ(ProbabilityOfImprovement({{2}}, {{1, 2}}), 0.75);
  EXPECT_DOUBLE_EQ(ProbabilityOfImprovement({{1, 3}, {5}}, {{2}, {9}}) +
                       ProbabilityOfImprovement({{2}, {9}}, {{1, 3}, {5}}),
                   1.0);
}

TEST(Improvement, RefusesUnmatchedTasks) {
  EXPECT_THROW(ProbabilityOfImprovement({{1}}, {{1}, {2}}), std::invalid_argument);
}

TEST(Profiles, CountRunsStrictlyAbove) {
  const std::vector<double> shares = ProfileShares({{0.2, 0.5}, {0.5}}, {0.0, 0.2, 0.4, 0.5});
  EXPECT_EQ(shares, (std::vector<double>{1.0, 0.75, 0.75, 0.0}));
}

TEST(Profiles, TheBandForTheCurveIsWiderThanTheOneForAPoint) {
  const Strata scores = {{0.1, 0.3, 0.5, 0.7, 0.9}, {0.2, 0.4, 0.6, 0.8, 1.0}};
  BootstrapOptions options;
  options.replicates = 2000;
  const Profile profile = PerformanceProfile(scores, EvenThresholds(0, 1, 20), options, "test");
  double widest = 0;
  for (std::size_t t = 0; t < profile.threshold.size(); ++t) {
    widest = std::max(widest, (profile.point_high[t] - profile.point_low[t]) / 2);
    EXPECT_LE(profile.band_low[t], profile.share[t]);
    EXPECT_GE(profile.band_high[t], profile.share[t]);
  }
  EXPECT_GT(profile.half_width, widest);
  EXPECT_LT(profile.half_width, 0.6);
}

TEST(Profiles, HaveNoBandForASingleRun) {
  const Profile profile = PerformanceProfile({{0.5}}, {0.0, 1.0}, {}, "test");
  EXPECT_TRUE(std::isnan(profile.band_low.front()));
  EXPECT_EQ(profile.share.front(), 1.0);
}

}  // namespace
}  // namespace curl_rl::comparison
