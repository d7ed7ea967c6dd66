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
  // The same resamples for the three statistics: they are read side by side.
  const std::string label = "score/" + task + "/" + method + "/" + Exact(step);
  const auto estimate = [&](auto scalar) {
    return BootstrapEstimate(
        {cell.scores}, [&](const Strata& s) { return scalar(s.front()); }, options.bootstrap,
        label);
  };
  cell.mean = estimate([](const std::vector<double>& x) { return Mean(x); });
  cell.median = estimate([](const std::vector<double>& x) { return Median(x); });
  cell.iqm = estimate([&](const std::vector<double>& x) { return AggregateIqm({x}, options.iqm); });
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
  const auto all = [&](const Strata& s) {
    return std::vector<double>{AggregateIqm(s, options.iqm), AggregateMean(s), AggregateMedian(s),
                               OptimalityGap(s, 1.0)};
  };
  // One set of resamples for the four: they are read side by side.
  const std::vector<double> values = all(strata);
  std::vector<Estimate*> estimates = {&cell.iqm, &cell.mean, &cell.median, &cell.gap};
  for (std::size_t i = 0; i < values.size(); ++i) *estimates[i] = {values[i], NAN, NAN};
  if (!CanResample(strata)) return cell;
  const Replicates replicates = StratifiedBootstrap(
      strata, values.size(),
      [&](const Strata& s, double* out) {
        const std::vector<double> drawn = all(s);
        std::copy(drawn.begin(), drawn.end(), out);
      },
      options.bootstrap, label);
  for (std::size_t i = 0; i < values.size(); ++i) {
    *estimates[i] = PercentileEstimate(values[i], replicates, i, options.bootstrap.confidence);
  }
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
