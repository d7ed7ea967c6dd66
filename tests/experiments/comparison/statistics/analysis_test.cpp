// What the analysis makes of whole data sets: spans, missing runs, warnings, verdicts.
#include "experiments/comparison/statistics/analysis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "experiments/comparison/statistics/verdict.h"
#include "tests/experiments/comparison/made_runs.h"

namespace curl_rl::comparison {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Options Quick() {
  Options options;
  options.bootstrap.replicates = 500;
  return options;
}

Dataset TwoMethods(double level_a, double level_b, int seeds) {
  std::vector<comparison::Run> runs = MakeRuns("w", "a", level_a, seeds);
  Append(MakeRuns("w", "b", level_b, seeds), &runs);
  Append(MakeRuns("c", "a", level_a, seeds), &runs);
  Append(MakeRuns("c", "b", level_b, seeds), &runs);
  return MakeDataset(runs, {});
}

TEST(ScoreAt, HoldsTheLastEvaluationForOnePercentOnly) {
  comparison::Run run = MakeRun("w", "a", 1, {1, 2, 3});
  run.evaluations.back().env_step = 29760;
  EXPECT_EQ(ScoreAt(run, 30000), 3);
  EXPECT_TRUE(std::isnan(ScoreAt(run, 31000)));
  EXPECT_DOUBLE_EQ(ScoreAt(run, 15000), 1.5);
  EXPECT_TRUE(std::isnan(ScoreAt(run, 9000)));
}

TEST(Analysis, SeparatesClearDifferences) {
  const Dataset dataset = TwoMethods(900, 300, 5);
  const Analysis analysis = Analyse(dataset, Quick());
  const std::vector<Verdict> verdicts = Verdicts(dataset, analysis);
  ASSERT_EQ(verdicts.size(), 3u);
  for (const Verdict& verdict : verdicts) EXPECT_EQ(verdict.standing, "Leads");
  EXPECT_THAT(verdicts[0].headline, HasSubstr("a leads b across 2 tasks"));
  ASSERT_EQ(analysis.pairs.size(), 3u);  // two tasks, and across
  EXPECT_EQ(analysis.pairs[2].improvement.value, 1);
  EXPECT_GT(analysis.pairs[0].difference.low, 0);
  EXPECT_EQ(analysis.spans[0].headline, 500000);
  EXPECT_THAT(analysis.warnings, IsEmpty());
}

// Each of 500 methods with each other would take hours; the verdict is about the first two.
TEST(Analysis, OfManyMethodsTheHighestAreCompared) {
  std::vector<comparison::Run> runs;
  for (const double level : {500.0, 900.0, 300.0, 800.0}) {
    Append(MakeRuns("w", "m" + std::to_string(static_cast<int>(level)), level, 5), &runs);
  }
  const Dataset dataset = MakeDataset(runs, {});
  Options options = Quick();
  EXPECT_EQ(Analyse(dataset, options).pairs.size(), 6u);
  const auto all = Verdicts(dataset, Analyse(dataset, options));
  options.most_paired = 2;
  const Analysis few = Analyse(dataset, options);
  ASSERT_EQ(few.pairs.size(), 1u);
  EXPECT_EQ(std::set<std::string>({few.pairs[0].a, few.pairs[0].b}),
            std::set<std::string>({"m800", "m900"}));
  EXPECT_THAT(few.warnings, Contains(HasSubstr("4 methods: pairs are compared among the 2")));
  const auto verdicts = Verdicts(dataset, few);
  ASSERT_EQ(verdicts.size(), all.size());
  for (std::size_t n = 0; n < all.size(); ++n) EXPECT_EQ(verdicts[n].headline, all[n].headline);
}

// Two seeds of one name whose models differ are no sample of one task.
TEST(Analysis, RunsOfAChangedTaskAreTold) {
  std::vector<comparison::Run> runs = MakeRuns("arm", "a", 500, 5);
  for (comparison::Run& run : runs) run.task_files = {{"arm.xml", "1"}, {"arm.yaml", "2"}};
  EXPECT_THAT(Analyse(MakeDataset(runs, {}), Quick()).warnings, IsEmpty());
  runs[2].task_files["arm.xml"] = "3";
  runs[4].task_change = "arm.yaml has changed";
  const auto warnings = Analyse(MakeDataset(runs, {}), Quick()).warnings;
  EXPECT_THAT(warnings, Contains("Different tasks under the name arm: arm.xml is not the same in a "
                                 "on arm, seed 1 and 3 more | a on arm, seed 3. Their scores do "
                                 "not compare."));
  EXPECT_THAT(warnings,
              Contains("The task changed while a on arm, seed 5 was trained: arm.yaml has "
                       "changed. Its curve is of two tasks."));
}

TEST(Analysis, CallsOverlappingIntervalsATie) {
  const Dataset dataset = TwoMethods(800, 795, 5);
  for (const Verdict& verdict : Verdicts(dataset, Analyse(dataset, Quick()))) {
    EXPECT_EQ(verdict.standing, "Tie") << verdict.headline;
  }
}

TEST(Analysis, EstablishesNothingBelowFiveSeeds) {
  const Dataset dataset = TwoMethods(900, 300, 4);
  const Analysis analysis = Analyse(dataset, Quick());
  EXPECT_EQ(Verdicts(dataset, analysis)[0].standing, "Not established");
  EXPECT_THAT(analysis.warnings, Contains(HasSubstr("Fewer than 5 seeds")));
}

// Means far apart, but three of seven runs lose against every run of the other method.
TEST(Analysis, AHigherMeanThatHalfOfTheRunsDoNotShareIsNoLead) {
  std::vector<comparison::Run> runs;
  for (int seed = 1; seed <= 7; ++seed) {
    runs.push_back(MakeRun("w", "plain", seed, {100, 400}));
    runs.push_back(MakeRun("w", "moody", seed, {100, seed <= 3 ? 399.0 : 1000.0}));
  }
  const Dataset dataset = MakeDataset(runs, {});
  const Analysis analysis = Analyse(dataset, Quick());
  EXPECT_GT(analysis.score("w", "moody", 20000)->mean.low,
            analysis.score("w", "plain", 20000)->mean.high);
  const Verdict verdict = Verdicts(dataset, analysis)[0];
  EXPECT_EQ(verdict.standing, "Not established");
  EXPECT_THAT(verdict.headline, HasSubstr("a run of moody beats one of plain with probability only "
                                          "0.57"));
}

TEST(Analysis, AMethodMoreLeavesTheOthersIntervalsAlone) {
  const Dataset two = TwoMethods(900, 300, 5);
  std::vector<comparison::Run> runs = two.runs;
  Append(MakeRuns("w", "third", 500, 5), &runs);
  Append(MakeRuns("c", "third", 500, 5), &runs);
  const Dataset three = MakeDataset(runs, {});
  const AggregateCell before = *Analyse(two, Quick()).headline_aggregate("a");
  const AggregateCell after = *Analyse(three, Quick()).headline_aggregate("a");
  EXPECT_EQ(before.iqm.low, after.iqm.low);
  EXPECT_EQ(before.iqm.high, after.iqm.high);
}

TEST(Analysis, ARunThatStoppedIsMissingAndSaidSo) {
  Dataset dataset = TwoMethods(900, 300, 5);
  for (comparison::Run& run : dataset.runs) {
    run.budget = 500000;
    if (run.name() == "a on w, seed 2") {
      run.evaluations.resize(20);
      run.state = "failed";
    }
  }
  const Analysis analysis = Analyse(dataset, Quick());
  const ScoreCell* cell = analysis.score("w", "a", 500000);
  ASSERT_NE(cell, nullptr);
  EXPECT_EQ(cell->scores.size(), 4u);
  EXPECT_THAT(cell->missing, testing::ElementsAre("a on w, seed 2"));
  EXPECT_THAT(analysis.warnings,
              Contains(HasSubstr("Stopped early: a on w, seed 2 has evaluations "
                                 "up to 200k of 500k env steps (state: failed)")));
  EXPECT_THAT(analysis.warnings, Contains(HasSubstr("counted as 0 the mean would be")));
  // It reached the threshold before it stopped, and stays in that sample.
  EXPECT_EQ(analysis.step_thresholds[0].passages.size(), 5u);
  for (const MethodCurves& curves : analysis.step_curves) {
    if (curves.task != "w" || curves.method != "a") continue;
    EXPECT_EQ(curves.curve.runs.back(), 4);
    EXPECT_TRUE(std::isnan(curves.curve.low.back()));
  }
}

TEST(Analysis, ARunUnderWayIsSaidToBeSoAndATaskOfOneMethodComesLast) {
  std::vector<comparison::Run> runs = MakeRuns("first", "a", 900, 5);
  Append(TwoMethods(900, 300, 5).runs, &runs);
  runs[1].budget = 500000;
  runs[1].evaluations.resize(20);
  runs[1].state = "running";
  const Dataset dataset = MakeDataset(runs, {});
  const Analysis analysis = Analyse(dataset, Quick());
  EXPECT_THAT(analysis.warnings, Contains(HasSubstr("Not finished: a on first, seed 2 has")));
  EXPECT_THAT(analysis.warnings, Contains(HasSubstr("wait for them before you judge")));
  const auto verdicts = Verdicts(dataset, analysis);
  EXPECT_EQ(verdicts.back().task, "first");
  EXPECT_EQ(verdicts.back().standing, "One method");
}

TEST(Analysis, ACommonEndBeforeTheTablesStepsIsWhereATaskIsJudged) {
  const Dataset dataset =
      MakeDataset({MakeRun("w", "a", 1, {1, 2, 3}), MakeRun("w", "b", 1, {1, 2, 3, 4})}, {});
  const Analysis analysis = Analyse(dataset, Quick());
  EXPECT_EQ(analysis.spans[0].horizon, 30000);
  EXPECT_EQ(analysis.spans[0].headline, 30000);
  EXPECT_EQ(Verdicts(dataset, analysis)[0].standing, "Tie");  // 3 against 3
}

TEST(Analysis, WorksWithOneEvaluationOfOneRun) {
  const Dataset dataset = MakeDataset({MakeRun("w", "a", 1, {7})}, {});
  const Analysis analysis = Analyse(dataset, Quick());
  EXPECT_EQ(Verdicts(dataset, analysis)[0].standing, "One method");
  EXPECT_FALSE(analysis.scores[0].mean.has_interval());
}

TEST(Warnings, NameWhatACarefulReaderWouldObjectTo) {
  std::vector<comparison::Run> runs = MakeRuns("w", "a", 900, 5);
  Append(MakeRuns("w", "b", 800, 6), &runs);
  Append(MakeRuns("only", "a", 900, 5), &runs);
  runs[0].evaluations.back().score = 3;                         // diverged
  runs[1].evaluations = runs[2].evaluations;                    // a copy
  for (Evaluation& e : runs[3].evaluations) e.env_step += 500;  // another grid
  for (Evaluation& e : runs[4].evaluations) e.episodes = 1;
  runs[5].settings["action_repeat"] = "2";
  runs[6].settings["action_repeat"] = "4";
  runs[5].settings["environment.shadows"] = "true";  // another variant of the task
  runs[6].settings["environment.shadows"] = "false";
  runs[6].settings["seed"] = "7";
  runs[7].settings["seed"] = "8";
  runs[5].budget = 500000;
  runs[6].budget = 400000;
  runs[5].host = "fast";
  runs[6].host = "slow";
  const Analysis analysis = Analyse(MakeDataset(runs, {}), Quick());
  for (const char* text :
       {"Unequal numbers of seeds on w: a 5, b 6", "Not every method was run on only",
        "Diverged: a on w, seed 1",
        "Identical scores throughout: a on w, seed 2, and a on w, seed 3",
        "evaluated at different steps", "Few evaluation episodes on w (1 to 10)",
        "Different numbers of evaluation episodes", "Different action_repeat on w: 2, 4",
        "Different environment.shadows on w: false, true", "Different budgets on w: 400k to 500k",
        "different machines (fast, slow)"}) {
    EXPECT_THAT(analysis.warnings, Contains(HasSubstr(text)));
  }
}

// Pendulum's returns begin at -1400: -214 after -108 was called diverged.
TEST(Warnings, OfNegativeReturnsWhatWasGainedCounts) {
  const auto warnings = [](const std::vector<double>& scores) {
    return Analyse(MakeDataset({MakeRun("w", "a", 1, scores)}, {}), Quick()).warnings;
  };
  EXPECT_THAT(warnings({-1348, -108, -214}), Not(Contains(HasSubstr("Diverged"))));
  EXPECT_THAT(warnings({-1348, -108, -900}), Contains(HasSubstr("fell from -108 to -900")));
  EXPECT_THAT(warnings({0, 900, 300}), Contains(HasSubstr("fell from 900 to 300")));
}

TEST(Warnings, SayWhichFilesHaveNoTaskInCommon) {
  const Dataset dataset =
      MakeDataset({MakeRun("w", "a", 1, {1, 2}), MakeRun("c", "b", 1, {1, 2})}, {});
  EXPECT_THAT(Analyse(dataset, Quick()).warnings,
              Contains(HasSubstr("No task was run by every method: nothing is computed across "
                                 "tasks. a: w (made/a/1); b: c (made/b/1).")));
}

TEST(Warnings, NameSmoothing) {
  Options options = Quick();
  options.smooth = 5;
  const Dataset dataset = TwoMethods(900, 300, 5);
  EXPECT_THAT(Analyse(dataset, options).warnings, Contains(HasSubstr("smoothed over 5")));
}

}  // namespace
}  // namespace curl_rl::comparison
