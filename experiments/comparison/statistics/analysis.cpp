// The order in which the parts of an analysis are computed, and how they are looked up.
#include "experiments/comparison/statistics/analysis.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace curl_rl::comparison {

BootstrapOptions Options::curve_bootstrap() const {
  BootstrapOptions result = bootstrap;
  result.replicates = std::min(bootstrap.replicates, curve_replicates);
  return result;
}

const TaskSpan& Analysis::span(const std::string& task) const {
  for (const TaskSpan& one : spans) {
    if (one.task == task) return one;
  }
  throw std::out_of_range("no task '" + task + "' in this analysis");
}

const ScoreCell* Analysis::score(const std::string& task, const std::string& method,
                                 double step) const {
  for (const ScoreCell& cell : scores) {
    if (cell.task == task && cell.method == method && cell.step == step) return &cell;
  }
  return nullptr;
}

const AggregateCell* Analysis::headline_aggregate(const std::string& method) const {
  for (const AggregateCell& cell : aggregates) {
    if (cell.method == method && cell.step == 0) return &cell;
  }
  return nullptr;
}

double ScoreAt(const Run& run, double step) {
  const Series series = run.by_env_step();
  const double last = series.x.back();
  if (last < step && last >= 0.99 * step) return series.y.back();
  return ValueAt(series, step);
}

void AnalyseSpans(const Dataset& dataset, const Options& options, Analysis* analysis) {
  for (const std::string& task : dataset.tasks) {
    // Beyond the shortest method's longest run the others would be compared with nobody.
    double horizon = std::numeric_limits<double>::infinity();
    for (const std::string& method : dataset.methods) {
      double longest = -1;
      for (const Run* run : dataset.Cell(task, method)) {
        longest = std::max(longest, static_cast<double>(run->last_step()));
      }
      if (longest >= 0) horizon = std::min(horizon, longest);
    }
    double headline = horizon;
    if (!options.at.empty()) {
      const auto last =
          static_cast<double>(*std::max_element(options.at.begin(), options.at.end()));
      // Within 1 % the table's step is meant (see ScoreAt).
      if (horizon >= 0.99 * last) headline = last;
    }
    analysis->spans.push_back({task, horizon, headline});
  }
}

// The order matters: each part reads what those above it have filled in.
Analysis Analyse(const Dataset& dataset, const Options& options) {
  Analysis analysis;
  AnalyseSpans(dataset, options, &analysis);
  AnalyseScores(dataset, options, &analysis);
  AnalyseAggregates(dataset, options, &analysis);
  AnalyseCurves(dataset, options, &analysis);
  AnalyseAreas(dataset, options, &analysis);
  AnalyseThresholds(dataset, options, &analysis);
  AnalysePairs(dataset, options, &analysis);
  AnalyseWarnings(dataset, options, &analysis);
  return analysis;
}

}  // namespace curl_rl::comparison
