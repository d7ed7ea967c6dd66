// What a report shows of representations, and when it shows nothing.
#include "experiments/comparison/report/representation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "experiments/comparison/report/report.h"
#include "tests/experiments/comparison/made_runs.h"

namespace curl_rl::comparison {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Six runs; the better the encoder tells the state, the higher the return, and the less it is
// aligned.
Dataset Probed() {
  std::vector<Run> runs;
  for (int i = 1; i <= 6; ++i) {
    Run run = MakeRun("walker_walk", i <= 3 ? "curl" : "moco", i, {50.0 * i, 100.0 * i});
    Probe probe;
    probe.env_step = 15000;  // between two evaluations
    probe.r2 = 0.1 * i;
    probe.untrained_r2 = 0.05;
    probe.alignment = 1.0 / i;
    run.probe = probe;
    for (int k = 0; k < 500; ++k) {
      run.metrics["alignment"].x.push_back(100.0 * k);
      run.metrics["alignment"].y.push_back(1.0 / (1.0 + k));
    }
    runs.push_back(run);
  }
  return MakeDataset(runs, {});
}

Options Quick() {
  Options options;
  options.bootstrap.replicates = 200;
  return options;
}

std::vector<std::string> RowOf(const Table& table, const std::string& measure) {
  const auto row = std::find_if(table.rows.begin(), table.rows.end(),
                                [&](const auto& fields) { return fields[1] == measure; });
  return row != table.rows.end() ? *row : std::vector<std::string>();
}

TEST(RepresentationReport, AProbeStandsBesideTheReturnAtItsStep) {
  const Table table = ProbeTable(Probed());
  ASSERT_EQ(table.rows.size(), 6u);
  EXPECT_EQ(table.rows[0][3], "15k");
  EXPECT_EQ(table.rows[0][4], "75");  // halfway from 50 to 100
  EXPECT_EQ(table.rows[0][5], "0.100");
  EXPECT_EQ(table.rows[0][8], "—");  // an accuracy that was not defined
}

TEST(RepresentationReport, MeasuresAreRelatedToTheReturn) {
  const Table table = ProbeRelationTable(Probed(), Quick());
  EXPECT_THAT(RowOf(table, "R²")[3], HasSubstr("1.00 ["));
  EXPECT_THAT(RowOf(table, "alignment")[3], HasSubstr("-1.00 ["));
  EXPECT_THAT(RowOf(table, "R² untrained")[3], HasSubstr("—"));  // the same of all: no order
  EXPECT_TRUE(RowOf(table, "accuracy").empty());                 // of no run
}

TEST(RepresentationReport, TwoRunsAreNotRelated) {
  Dataset two = Probed();
  two.runs.resize(2);
  EXPECT_TRUE(ProbeRelationTable(two, Quick()).rows.empty());
}

TEST(RepresentationReport, EveryProbedRunIsAMarkAndEveryMetricAPanel) {
  const std::string probes = ProbeFigure(Probed(), Quick()).svg;
  EXPECT_THAT(probes, HasSubstr("R² of the state"));
  const std::string metrics = MetricsFigure(Probed()).svg;
  EXPECT_THAT(metrics, HasSubstr("walker_walk: alignment"));
  EXPECT_THAT(metrics, testing::Not(HasSubstr("walker_walk: uniformity")));
  const Table data = MetricData(Probed());
  EXPECT_EQ(data.rows.size(), 6u * 200u);  // as drawn
  EXPECT_THAT(data.rows[0], ElementsAre("walker_walk", "curl", "1", "alignment", "0", "1"));
  EXPECT_EQ(data.rows[199][4], "49900");  // the ends are kept
}

TEST(RepresentationReport, IsLeftOutWhereThereIsNothing) {
  const Dataset plain = MakeDataset(MakeRuns("walker_walk", "curl", 500, 2), {});
  EXPECT_FALSE(AnyProbe(plain));
  EXPECT_FALSE(AnyMetric(plain));
  const auto shown = [](const Report& report) {
    std::vector<std::string> names;
    for (const auto& figure : report.figures) names.push_back(figure.name);
    for (const auto& table : report.tables) names.push_back(table.name);
    return names;
  };
  const Dataset probed = Probed();
  const auto options = Quick();
  EXPECT_THAT(shown(MakeReport(plain, Analyse(plain, options), options, {})),
              testing::Not(testing::Contains("probes")));
  EXPECT_THAT(
      shown(MakeReport(probed, Analyse(probed, options), options, {})),
      testing::IsSupersetOf({"probe_return", "probes", "probe_relation", "representation"}));
}

}  // namespace
}  // namespace curl_rl::comparison
