// Every number of a comparison, plain data: what the report, the tables and the figures show.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "experiments/comparison/statistics/curves.h"
#include "experiments/comparison/statistics/methods.h"
#include "experiments/comparison/statistics/options.h"
#include "experiments/comparison/statistics/profiles.h"
#include "experiments/comparison/statistics/survival.h"

namespace curl_rl::comparison {

/// Where a task is judged. `horizon` is the last step that some run of every method reached;
/// `headline` is min(horizon, largest --at).
struct TaskSpan {
  std::string task;
  double horizon = 0;
  double headline = 0;
};

/// One method on one task at one step, raw scores.
struct ScoreCell {
  std::string task;
  std::string method;
  double step = 0;
  std::vector<double> scores;        // one a run that reached the step, by seed
  std::vector<std::string> missing;  // runs that ended before it
  Estimate mean;
  Estimate median;
  Estimate iqm;
  double std = 0;  // NaN for a single run
};

/// One method across tasks, scores divided by max_score. step 0: each task at its headline.
struct AggregateCell {
  std::string method;
  double step = 0;
  std::vector<std::string> tasks;
  int runs = 0;
  Estimate iqm;
  Estimate mean;
  Estimate median;
  Estimate gap;
};

/// One method on one task over training.
struct MethodCurves {
  std::string task;
  std::string method;
  std::vector<Series> runs;  // raw
  Curve curve;               // smoothed if that was asked for
};

/// Mean normalised score over [from, to] of the runs that cover it. task empty: across tasks.
struct AreaCell {
  std::string task;
  std::string method;
  double from = 0;
  double to = 0;
  int runs = 0;
  int missing = 0;
  Estimate area;
};

/// Env steps (or seconds) until a threshold.
struct ThresholdCell {
  std::string task;
  std::string method;
  double threshold = 0;
  double horizon = 0;
  std::vector<Passage> passages;  // one a run
  int reached = 0;
  Estimate median;      // Kaplan-Meier; NaN: half the runs never got there
  Estimate restricted;  // mean of min(time, horizon)
};

/// Two methods on one task (or, task empty, across tasks) at the headline.
struct PairCell {
  std::string task;
  std::string a;
  std::string b;
  Estimate difference;   // mean score of a - of b, raw; across tasks: of normalised IQM
  Estimate improvement;  // P(a > b)
  Estimate
      step_ratio;  // restricted mean steps of b / of a to the first threshold; > 1: a is faster
};

struct MethodProfile {
  std::string method;
  Profile profile;
};

struct Analysis {
  std::vector<TaskSpan> spans;
  std::vector<std::string> common_tasks;  // on which every method has a run at the headline
  std::vector<ScoreCell> scores;
  std::vector<AggregateCell> aggregates;
  std::vector<MethodCurves> step_curves;
  std::vector<MethodCurves> time_curves;  // x in hours; empty if some run has no wall time
  std::vector<AreaCell> areas;
  std::vector<ThresholdCell> step_thresholds;
  std::vector<ThresholdCell> time_thresholds;  // hours
  std::vector<PairCell> pairs;
  std::vector<MethodProfile> profiles;
  std::vector<std::string> warnings;

  const TaskSpan& span(const std::string& task) const;
  /// nullptr if there is no such cell.
  const ScoreCell* score(const std::string& task, const std::string& method, double step) const;
  const AggregateCell* headline_aggregate(const std::string& method) const;
};

/// The score of a run at a step: linear between its evaluations; its last one if that lies at most
/// 1 % before the step (a budget that is no multiple of the cadence); else NaN.
double ScoreAt(const Run& run, double step);

Analysis Analyse(const Dataset& dataset, const Options& options);

// The parts of Analyse, each filling its own fields from those above it.
void AnalyseSpans(const Dataset& dataset, const Options& options, Analysis* analysis);
void AnalyseScores(const Dataset& dataset, const Options& options, Analysis* analysis);
void AnalyseAggregates(const Dataset& dataset, const Options& options, Analysis* analysis);
void AnalyseCurves(const Dataset& dataset, const Options& options, Analysis* analysis);
void AnalyseAreas(const Dataset& dataset, const Options& options, Analysis* analysis);
void AnalyseThresholds(const Dataset& dataset, const Options& options, Analysis* analysis);
void AnalysePairs(const Dataset& dataset, const Options& options, Analysis* analysis);
void AnalyseWarnings(const Dataset& dataset, const Options& options, Analysis* analysis);

}  // namespace curl_rl::comparison
