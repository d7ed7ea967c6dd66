// Scores at given steps: one method on one task, and across tasks.
#include <algorithm>
#include <cmath>
#include <set>

#include "experiments/comparison/statistics/analysis.h"
#include "experiments/comparison/statistics/format.h"

namespace curl_rl::comparison {
namespace {

ScoreCell MakeScoreCell(const std::vector<const Run*>& runs, const std::string& task,
                        const std::string& method, double step, const Options& options) {
  ScoreCell cell;
  cell.task = task;
  cell.method = method;
  cell.step = step;
  for (const Run* run : runs) {
    const double score = ScoreAt(*run, step);
    if (std::isnan(score)) {  // named, not dropped: the report says who is not there
      cell.missing.push_back(run->name());
    } else {
      cell.scores.push_back(score);
    }
  }
  if (cell.scores.empty()) return cell;
  cell.std = StandardDeviation(cell.scores);
  const std::string label = "score/" + task + "/" + method + "/" + Exact(step);
  const auto estimates = BootstrapEstimates(
      {cell.scores}, 3,
      [&](const Strata& drawn, double* out) {
        out[0] = Mean(drawn.front());
        out[1] = Median(drawn.front());
        out[2] = AggregateIqm(drawn, options.iqm);
      },
      options.bootstrap, label);
  cell.mean = estimates[0];
  cell.median = estimates[1];
  cell.iqm = estimates[2];
  return cell;
}

// Normalised scores [common task][run] of a method at `step` (0: each task's headline).
Strata NormalisedScores(const Analysis& analysis, const std::string& method, double step,
                        double max_score) {
  Strata strata;
  for (const std::string& task : analysis.common_tasks) {
    const double at = step > 0 ? step : analysis.span(task).headline;
    const ScoreCell* cell = analysis.score(task, method, at);
    strata.push_back(cell == nullptr ? std::vector<double>() : cell->scores);
    for (double& score : strata.back()) score /= max_score;
  }
  return strata;
}

bool AnyEmpty(const Strata& strata) {
  return strata.empty() ||
         std::any_of(strata.begin(), strata.end(), [](const auto& runs) { return runs.empty(); });
}

AggregateCell MakeAggregateCell(const Strata& strata, const std::string& method, double step,
                                const Analysis& analysis, const Options& options) {
  AggregateCell cell;
  cell.method = method;
  cell.step = step;
  cell.tasks = analysis.common_tasks;
  for (const auto& runs : strata) cell.runs += static_cast<int>(runs.size());
  const std::string label = "aggregate/" + method + "/" + Exact(step);
  const auto estimates = BootstrapEstimates(
      strata, 4,
      [&](const Strata& drawn, double* out) {
        out[0] = AggregateIqm(drawn, options.iqm);
        out[1] = AggregateMean(drawn);
        out[2] = AggregateMedian(drawn);
        out[3] = OptimalityGap(drawn, 1.0);
      },
      options.bootstrap, label);
  cell.iqm = estimates[0];
  cell.mean = estimates[1];
  cell.median = estimates[2];
  cell.gap = estimates[3];
  return cell;
}

}  // namespace

void AnalyseScores(const Dataset& dataset, const Options& options, Analysis* analysis) {
  for (const TaskSpan& span : analysis->spans) {
    std::set<double> steps = {span.headline};
    for (std::int64_t at : options.at) steps.insert(static_cast<double>(at));
    for (double step : steps) {
      std::vector<ScoreCell> cells;
      bool any = false;
      for (const std::string& method : dataset.methods) {
        const std::vector<const Run*> runs = dataset.Cell(span.task, method);
        if (runs.empty()) continue;
        cells.push_back(MakeScoreCell(runs, span.task, method, step, options));
        any = any || !cells.back().scores.empty();
      }
      // A step that nobody reached has no row; one that only some reached keeps the others' blanks.
      if (any) analysis->scores.insert(analysis->scores.end(), cells.begin(), cells.end());
    }
  }
}

void AnalyseAggregates(const Dataset& dataset, const Options& options, Analysis* analysis) {
  for (const TaskSpan& span : analysis->spans) {
    const bool common =
        std::all_of(dataset.methods.begin(), dataset.methods.end(), [&](const std::string& method) {
          const ScoreCell* cell = analysis->score(span.task, method, span.headline);
          return cell != nullptr && !cell->scores.empty();
        });
    if (common) analysis->common_tasks.push_back(span.task);
  }
  std::set<double> steps = {0};
  for (std::int64_t at : options.at) {
    const auto step = static_cast<double>(at);
    const bool judged = std::all_of(analysis->spans.begin(), analysis->spans.end(),
                                    [&](const TaskSpan& s) { return s.headline == step; });
    if (!judged) steps.insert(step);  // else it is row 0 already
  }
  for (double step : steps) {
    std::vector<AggregateCell> cells;
    for (const std::string& method : dataset.methods) {
      const Strata strata = NormalisedScores(*analysis, method, step, options.max_score);
      if (AnyEmpty(strata)) break;
      cells.push_back(MakeAggregateCell(strata, method, step, *analysis, options));
    }
    if (cells.size() != dataset.methods.size()) continue;  // some method never got so far
    analysis->aggregates.insert(analysis->aggregates.end(), cells.begin(), cells.end());
  }
  if (analysis->common_tasks.empty()) return;
  const std::vector<double> thresholds = EvenThresholds(0, 1, 100);
  for (const std::string& method : dataset.methods) {
    analysis->profiles.push_back(
        {method, PerformanceProfile(NormalisedScores(*analysis, method, 0, options.max_score),
                                    thresholds, options.curve_bootstrap(), "profile/" + method)});
  }
}

}  // namespace curl_rl::comparison
