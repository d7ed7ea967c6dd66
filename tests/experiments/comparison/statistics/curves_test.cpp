// Learning curves: interpolation, bands, areas, smoothing.
#include "experiments/comparison/statistics/curves.h"

#include <gtest/gtest.h>

#include <cmath>

namespace curl_rl::comparison {
namespace {

BootstrapOptions Few() {
  BootstrapOptions options;
  options.replicates = 200;
  return options;
}

TEST(Curves, ValuesAreLinearInsideAndUnknownOutside) {
  const Series run{{10, 20}, {100, 200}};
  EXPECT_DOUBLE_EQ(ValueAt(run, 10), 100);
  EXPECT_DOUBLE_EQ(ValueAt(run, 15), 150);
  EXPECT_DOUBLE_EQ(ValueAt(run, 20), 200);
  EXPECT_TRUE(std::isnan(ValueAt(run, 9)));
  EXPECT_TRUE(std::isnan(ValueAt(run, 21)));
}

TEST(Curves, NeverReachBeyondARunAndBandOnlyWhereAllRunsAre) {
  const std::vector<Series> runs = {{{0, 10, 20}, {0, 2, 4}}, {{0, 10}, {2, 4}}};
  const Curve curve = MethodCurve(runs, UnionGrid(runs), Center::kMean, Few(), "test");
  EXPECT_EQ(curve.x, (std::vector<double>{0, 10, 20}));
  EXPECT_EQ(curve.center, (std::vector<double>{1, 3, 4}));
  EXPECT_EQ(curve.runs, (std::vector<int>{2, 2, 1}));
  EXPECT_EQ(curve.low[1], 2);
  EXPECT_EQ(curve.high[1], 4);
  EXPECT_TRUE(std::isnan(curve.low[2]));
}

TEST(Curves, OneResampleServesTheWholeCurve) {
  // The second point of every run is 3 times its first. If one draw of runs serves both, so are the
  // ends of the bands; points drawn apart would agree only by chance.
  const std::vector<Series> runs = {{{0, 1}, {0, 0}}, {{0, 1}, {1, 3}}, {{0, 1}, {2, 6}}};
  const Curve curve = MethodCurve(runs, UnionGrid(runs), Center::kMean, Few(), "test");
  EXPECT_DOUBLE_EQ(curve.low[1], 3 * curve.low[0]);
  EXPECT_DOUBLE_EQ(curve.high[1], 3 * curve.high[0]);
}

TEST(Curves, GridsOfDifferentRunsJoin) {
  EXPECT_EQ(UnionGrid({{{0, 2}, {0, 0}}, {{1, 2}, {0, 0}}}), (std::vector<double>{0, 1, 2}));
}

TEST(Area, IsTheMeanOverTraining) {
  const Series run{{0, 10, 20}, {0, 1, 1}};
  EXPECT_DOUBLE_EQ(MeanOver(run, 0, 20), 0.75);
  EXPECT_DOUBLE_EQ(MeanOver(run, 5, 15), 0.875);  // 0.5 .. 1 over 5, then 1 over 5
  EXPECT_TRUE(std::isnan(MeanOver(run, 0, 21)));
  EXPECT_TRUE(std::isnan(MeanOver(run, 5, 5)));
}

TEST(Smoothing, AveragesWhatCameBefore) {
  const Series run{{0, 1, 2, 3}, {0, 3, 6, 9}};
  EXPECT_EQ(Smoothed(run, 1).y, run.y);
  EXPECT_EQ(Smoothed(run, 3).y, (std::vector<double>{0, 1.5, 3, 6}));
}

}  // namespace
}  // namespace curl_rl::comparison
