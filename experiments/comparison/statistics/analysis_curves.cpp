// What is measured over training: curves, areas under them, steps and hours to a threshold.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "experiments/comparison/statistics/analysis.h"
#include "experiments/comparison/statistics/format.h"

namespace curl_rl::comparison {
namespace {

constexpr double kSecondsPerHour = 3600;

Series ByHours(const Run& run) {
  Series series = run.by_wall_time();
  for (double& x : series.x) x /= kSecondsPerHour;
  return series;
}

using SeriesOf = std::function<Series(const Run&)>;

std::vector<Series> CellSeries(const Dataset& dataset, const std::string& task,
                               const std::string& method, const SeriesOf& series_of) {
  std::vector<Series> series;
  for (const Run* run : dataset.Cell(task, method)) series.push_back(series_of(*run));
  return series;
}

// Two runs never share a time of the clock, so a time axis takes an even grid.
std::vector<double> Grid(const std::vector<Series>& runs, bool time) {
  if (!time) return UnionGrid(runs);
  double first = std::numeric_limits<double>::infinity();
  double last = 0;
  for (const Series& run : runs) {
    first = std::min(first, run.x.front());
    last = std::max(last, run.x.back());
  }
  return first < last ? EvenThresholds(first, last, 200) : std::vector<double>{first};
}

std::vector<MethodCurves> MakeCurves(const Dataset& dataset, const Options& options,
                                     const SeriesOf& series_of, bool time) {
  std::vector<MethodCurves> all;
  for (const std::string& task : dataset.tasks) {
    for (const std::string& method : dataset.methods) {
      MethodCurves curves{task, method, CellSeries(dataset, task, method, series_of), {}};
      if (curves.runs.empty()) continue;
      std::vector<Series> plotted;
      for (const Series& run : curves.runs) plotted.push_back(Smoothed(run, options.smooth));
      curves.curve =
          MethodCurve(plotted, Grid(plotted, time), options.center, options.curve_bootstrap(),
                      std::string(time ? "time" : "curve") + "/" + task + "/" + method);
      all.push_back(std::move(curves));
    }
  }
  return all;
}

ThresholdCell MakeThreshold(const std::vector<Series>& runs, const std::string& task,
                            const std::string& method, double threshold, double horizon,
                            const Options& options, const std::string& axis) {
  ThresholdCell cell;
  cell.task = task;
  cell.method = method;
  cell.threshold = threshold;
  cell.horizon = horizon;
  for (const Series& run : runs) {
    cell.passages.push_back(FirstPassage(run, threshold, options.hold));
    cell.reached += cell.passages.back().reached;
  }
  const auto drawn = [&](const Strata& indices) {
    std::vector<Passage> passages;
    for (double i : indices.front()) passages.push_back(cell.passages[static_cast<std::size_t>(i)]);
    return passages;
  };
  const std::string label = axis + "/" + task + "/" + method + "/" + Exact(threshold);
  const auto estimates = BootstrapEstimates(
      {RunIndices(runs.size())}, 2,
      [&](const Strata& indices, double* out) {
        const std::vector<Passage> passages = drawn(indices);
        out[0] = SurvivalMedian(passages);
        out[1] = RestrictedMean(passages, horizon);
      },
      options.bootstrap, label);
  cell.median = estimates[0];
  cell.restricted = estimates[1];
  return cell;
}

std::vector<ThresholdCell> MakeThresholds(const Dataset& dataset, const Options& options,
                                          const SeriesOf& series_of, const std::string& axis) {
  std::vector<ThresholdCell> cells;
  for (const std::string& task : dataset.tasks) {
    double horizon = std::numeric_limits<double>::infinity();  // the shortest of the longest runs
    for (const std::string& method : dataset.methods) {
      double longest = 0;
      for (const Series& run : CellSeries(dataset, task, method, series_of)) {
        longest = std::max(longest, run.x.back());
      }
      if (longest > 0) horizon = std::min(horizon, longest);
    }
    if (std::isinf(horizon)) continue;  // runs of this task have one evaluation, at 0
    for (double threshold : options.thresholds) {
      for (const std::string& method : dataset.methods) {
        const std::vector<Series> runs = CellSeries(dataset, task, method, series_of);
        if (runs.empty()) continue;
        cells.push_back(MakeThreshold(runs, task, method, threshold, horizon, options, axis));
      }
    }
  }
  return cells;
}

bool AllTimed(const Dataset& dataset) {
  return std::all_of(dataset.runs.begin(), dataset.runs.end(),
                     [](const Run& run) { return run.has_wall_time(); });
}

}  // namespace

void AnalyseCurves(const Dataset& dataset, const Options& options, Analysis* analysis) {
  analysis->step_curves = MakeCurves(
      dataset, options, [](const Run& run) { return run.by_env_step(); }, false);
  if (AllTimed(dataset)) analysis->time_curves = MakeCurves(dataset, options, ByHours, true);
}

void AnalyseAreas(const Dataset& dataset, const Options& options, Analysis* analysis) {
  // A run's area is one number, so resampling areas is resampling whole runs. Resampling every
  // evaluation on its own would give intervals several times too narrow (docs/comparison.md).
  for (const std::string& method : dataset.methods) {
    Strata across;
    for (const TaskSpan& span : analysis->spans) {
      double from = 0;  // the latest first evaluation among the task's runs
      for (const Run& run : dataset.runs) {
        if (run.task != span.task) continue;
        from = std::max(from, static_cast<double>(run.evaluations.front().env_step));
      }
      AreaCell cell{span.task, method, from, span.horizon, 0, 0, {}};
      std::vector<double> areas;
      for (const Run* run : dataset.Cell(span.task, method)) {
        const double area = MeanOver(run->by_env_step(), from, span.horizon) / options.max_score;
        if (!std::isnan(area)) areas.push_back(area);
        cell.missing += std::isnan(area);
      }
      if (areas.empty()) continue;
      cell.runs = static_cast<int>(areas.size());
      cell.area = BootstrapEstimate({areas}, AggregateMean, options.bootstrap,
                                    "area/" + span.task + "/" + method);
      analysis->areas.push_back(cell);
      const auto& common = analysis->common_tasks;
      if (std::find(common.begin(), common.end(), span.task) != common.end()) {
        across.push_back(areas);
      }
    }
    if (across.empty() || across.size() != analysis->common_tasks.size()) continue;
    AreaCell total{"", method, 0, 0, 0, 0, {}};
    for (const auto& runs : across) total.runs += static_cast<int>(runs.size());
    total.area = BootstrapEstimate(
        across, [&](const Strata& s) { return AggregateIqm(s, options.iqm); }, options.bootstrap,
        "area/" + method);
    analysis->areas.push_back(total);
  }
}

void AnalyseThresholds(const Dataset& dataset, const Options& options, Analysis* analysis) {
  analysis->step_thresholds = MakeThresholds(
      dataset, options, [](const Run& run) { return run.by_env_step(); }, "steps_to");
  if (AllTimed(dataset)) {
    analysis->time_thresholds = MakeThresholds(dataset, options, ByHours, "hours_to");
  }
}

}  // namespace curl_rl::comparison
