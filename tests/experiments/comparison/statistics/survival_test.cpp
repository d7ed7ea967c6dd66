// Steps to a threshold where some runs never reach it.
#include "experiments/comparison/statistics/survival.h"

#include <gtest/gtest.h>

#include <cmath>

namespace curl_rl::comparison {
namespace {

TEST(FirstPassage, MustHold) {
  const Series run{{10, 20, 30, 40, 50}, {1, 6, 2, 5, 7}};
  EXPECT_EQ(FirstPassage(run, 5, 1).time, 20);  // a lucky evaluation
  const Passage held = FirstPassage(run, 5, 2);
  EXPECT_TRUE(held.reached);
  EXPECT_EQ(held.time, 40);  // the first of the streak
}

TEST(FirstPassage, ARunThatNeverReachesIsCensoredAtItsEnd) {
  const Series run{{10, 20}, {1, 6}};
  const Passage passage = FirstPassage(run, 5, 2);
  EXPECT_FALSE(passage.reached);
  EXPECT_EQ(passage.time, 20);
}

TEST(KaplanMeier, KeepsCensoredRunsAtRiskUntilTheyLeave) {
  // 4 runs: reach at 10; leave at 20; reach at 30; leave at 40. S = 3/4, then 3/4 * 1/2.
  const std::vector<Passage> passages = {{30, true}, {10, true}, {20, false}, {40, false}};
  const std::vector<SurvivalStep> steps = KaplanMeier(passages);
  ASSERT_EQ(steps.size(), 2u);
  EXPECT_DOUBLE_EQ(steps[0].remaining, 0.75);
  EXPECT_DOUBLE_EQ(steps[1].remaining, 0.375);
  EXPECT_EQ(SurvivalMedian(passages), 30);
  EXPECT_DOUBLE_EQ(RestrictedMean(passages, 50), 10 + 0.75 * 20 + 0.375 * 20);
}

TEST(KaplanMeier, DroppingCensoredRunsWouldFlatter) {
  const std::vector<Passage> all = {{10, true}, {100, false}, {100, false}};
  const std::vector<Passage> dropped = {{10, true}};
  EXPECT_TRUE(std::isnan(SurvivalMedian(all)));
  EXPECT_EQ(SurvivalMedian(dropped), 10);
  EXPECT_DOUBLE_EQ(RestrictedMean(all, 100), 70);  // (10 + 100 + 100) / 3
}

TEST(KaplanMeier, ARunThatLeavesWhenAnotherReachesWasAtRisk) {
  EXPECT_DOUBLE_EQ(KaplanMeier({{10, true}, {10, false}})[0].remaining, 0.5);
}

}  // namespace
}  // namespace curl_rl::comparison
