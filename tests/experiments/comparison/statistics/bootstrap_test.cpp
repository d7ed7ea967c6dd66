// The bootstrap and its random streams: what they depend on, and what they do not.
#include "experiments/comparison/statistics/bootstrap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "experiments/comparison/statistics/random_stream.h"

namespace curl_rl::comparison {
namespace {

const Strata kScores = {{0.1, 0.4, 0.2, 0.8, 0.5}, {0.9, 0.7, 0.95, 0.3}};

Replicates Draw(int threads, std::uint64_t seed, const std::string& label = "test") {
  BootstrapOptions options;
  options.replicates = 1001;  // not a multiple of any thread count below
  options.threads = threads;
  options.seed = seed;
  return StratifiedBootstrap(
      kScores, 2,
      [](const Strata& s, double* out) {
        out[0] = AggregateMean(s);
        out[1] = AggregateIqm(s, IqmKind::kRliable);
      },
      options, label);
}

TEST(Bootstrap, GivesTheSameBytesAtAnyThreadCount) {
  const Replicates one = Draw(1, 7);
  for (int threads : {2, 3, 8}) EXPECT_EQ(Draw(threads, 7).values, one.values) << threads;
}

TEST(Bootstrap, FollowsSeedAndLabel) {
  EXPECT_NE(Draw(1, 7).values, Draw(1, 8).values);
  EXPECT_NE(Draw(1, 7, "a").values, Draw(1, 7, "b").values);
}

TEST(Bootstrap, ResamplesInsideEachTask) {
  // Scores of the two tasks do not mix: task 0 has values below 1, task 1 above 10.
  const Strata apart = {{0.1, 0.2, 0.3}, {11, 12}};
  BootstrapOptions options;
  options.replicates = 500;
  const Replicates seen = StratifiedBootstrap(
      apart, 2,
      [](const Strata& s, double* out) {
        out[0] = *std::max_element(s[0].begin(), s[0].end());
        out[1] = *std::min_element(s[1].begin(), s[1].end());
      },
      options, "test");
  for (std::size_t b = 0; b < seen.count; ++b) {
    EXPECT_LT(seen.at(b, 0), 1);
    EXPECT_GT(seen.at(b, 1), 10);
  }
}

TEST(Bootstrap, DrawsEveryRunEquallyOften) {
  // Replicate means of the indices 0 .. 4 average 2; standard error sqrt(2 / 5 / 20000) = 0.0045.
  BootstrapOptions options;
  options.replicates = 20000;
  const Replicates means = StratifiedBootstrap(
      {RunIndices(5)}, 1, [](const Strata& s, double* out) { *out = Mean(s[0]); }, options, "test");
  EXPECT_NEAR(Mean(means.column(0)), 2, 5 * 0.0045);
  EXPECT_NEAR(StandardDeviation(means.column(0)), std::sqrt(2.0 / 5), 0.02);
}

TEST(Bootstrap, GivesNoIntervalForASingleRun) {
  const Estimate one = BootstrapEstimate({{3}}, AggregateMean, {}, "test");
  EXPECT_EQ(one.value, 3);
  EXPECT_FALSE(one.has_interval());
}

TEST(Bootstrap, UndefinedReplicatesAreInfinite) {
  Replicates replicates{4, 1, {1, NAN, NAN, 2}};
  const Estimate estimate = PercentileEstimate(2, replicates, 0, 0.5);
  EXPECT_EQ(estimate.low, 1.75);
  EXPECT_TRUE(std::isinf(estimate.high));
}

TEST(RandomStream, IsAFunctionOfKeyAndPosition) {
  RandomStream a(5);
  RandomStream b(5);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(a.Next(), b.Next());
}

TEST(RandomStream, StaysBelowItsBoundAndReachesAll) {
  RandomStream stream(1);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t x = stream.Below(7);
    ASSERT_LT(x, 7u);
    seen.insert(x);
  }
  EXPECT_EQ(seen.size(), 7u);
}

// The published first outputs of SplitMix64 with seed 1234567: pins the stream across releases.
TEST(RandomStream, IsSplitMix64) {
  RandomStream stream(1234567);
  EXPECT_EQ(stream.Next(), 6457827717110365317u);
  EXPECT_EQ(stream.Next(), 3203168211198807973u);
  EXPECT_EQ(stream.Next(), 9817491932198370423u);
}

}  // namespace
}  // namespace curl_rl::comparison
