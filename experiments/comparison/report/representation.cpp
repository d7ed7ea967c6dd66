// Tables and figures of representations.
#include "experiments/comparison/report/representation.h"

#include <algorithm>
#include <cmath>

#include "experiments/comparison/report/figure_grid.h"
#include "experiments/comparison/statistics/format.h"
#include "experiments/comparison/statistics/rank_correlation.h"

namespace curl_rl::comparison {
namespace {

constexpr std::size_t kMostPoints = 200;   // of a drawn line: more are not seen
constexpr std::size_t kFewestRelated = 3;  // of two runs any correlation is 1 or -1

struct Measure {
  const char* name;  // a column
  double Probe::*value;
  int decimals;
};

constexpr Measure kMeasures[] = {
    {"R²", &Probe::r2, 3},
    {"R² untrained", &Probe::untrained_r2, 3},
    {"R² pixels", &Probe::pixels_r2, 3},
    {"accuracy", &Probe::accuracy, 3},
    {"alignment", &Probe::alignment, 3},
    {"uniformity", &Probe::uniformity, 2},
    {"participation ratio", &Probe::participation_ratio, 1},
    {"effective rank", &Probe::effective_rank, 1},
    {"state distance", &Probe::neighbour_distance, 3},
};

constexpr const char* kMetrics[] = {"contrastive_accuracy", "alignment", "uniformity",
                                    "participation_ratio"};

// The return at the probed step. A last evaluation stands for a step up to 1 % later, as
// everywhere.
double ReturnOf(const Run& run) {
  const Series series = run.by_env_step();
  const auto step = static_cast<double>(run.probe->env_step);
  if (step > series.x.back() && step <= 1.01 * series.x.back()) return series.y.back();
  return ValueAt(series, step);
}

std::size_t StyleIndex(const Dataset& dataset, const std::string& method) {
  return static_cast<std::size_t>(
      std::find(dataset.methods.begin(), dataset.methods.end(), method) - dataset.methods.begin());
}

std::vector<const Run*> Probed(const Dataset& dataset, const std::string& task) {
  std::vector<const Run*> runs;
  for (const Run& run : dataset.runs) {
    if (run.task == task && run.probe) runs.push_back(&run);
  }
  return runs;
}

// Measure and return of the runs that have both.
std::pair<std::vector<double>, std::vector<double>> Pairs(const std::vector<const Run*>& runs,
                                                          double Probe::*value) {
  std::pair<std::vector<double>, std::vector<double>> pairs;
  for (const Run* run : runs) {
    const double measured = (*run->probe).*value;
    const double score = ReturnOf(*run);
    if (std::isnan(measured) || std::isnan(score)) continue;
    pairs.first.push_back(measured);
    pairs.second.push_back(score);
  }
  return pairs;
}

Series Thinned(const Series& series) {
  if (series.x.size() <= kMostPoints) return series;
  Series thin;
  for (std::size_t i = 0; i < kMostPoints; ++i) {
    const std::size_t at = i * (series.x.size() - 1) / (kMostPoints - 1);
    thin.x.push_back(series.x[at]);
    thin.y.push_back(series.y[at]);
  }
  return thin;
}

struct MetricPanel {
  std::string task;
  std::string metric;
};

std::vector<MetricPanel> MetricPanels(const Dataset& dataset) {
  std::vector<MetricPanel> panels;
  for (const std::string& task : dataset.tasks) {
    for (const char* metric : kMetrics) {
      const bool any = std::any_of(dataset.runs.begin(), dataset.runs.end(), [&](const Run& run) {
        return run.task == task && run.metrics.count(metric) > 0;
      });
      if (any) panels.push_back({task, metric});
    }
  }
  return panels;
}

// Every run's series of one panel, by method.
std::vector<std::vector<Series>> SeriesOf(const Dataset& dataset, const MetricPanel& panel) {
  std::vector<std::vector<Series>> series(dataset.methods.size());
  for (const Run& run : dataset.runs) {
    if (run.task != panel.task) continue;
    const auto found = run.metrics.find(panel.metric);
    if (found != run.metrics.end()) {
      series[StyleIndex(dataset, run.method)].push_back(Thinned(found->second));
    }
  }
  return series;
}

Axis MetricAxis(const std::vector<std::vector<Series>>& methods, const std::string& metric) {
  double low = 0;
  double high = metric == "contrastive_accuracy" ? 1 : 0;
  for (const auto& runs : methods) {
    for (const Series& run : runs) {
      low = std::min(low, *std::min_element(run.y.begin(), run.y.end()));
      high = std::max(high, *std::max_element(run.y.begin(), run.y.end()));
    }
  }
  if (low == high) high = low + 1;
  return {low, high, metric, TickText(low, high)};
}

// The mean where every run has a value.
Series MeanOf(const std::vector<Series>& runs) {
  Series mean;
  for (const double x : UnionGrid(runs)) {
    double sum = 0;
    for (const Series& run : runs) sum += ValueAt(run, x);
    if (std::isnan(sum)) continue;
    mean.x.push_back(x);
    mean.y.push_back(sum / static_cast<double>(runs.size()));
  }
  return Thinned(mean);
}

}  // namespace

bool AnyProbe(const Dataset& dataset) {
  return std::any_of(dataset.runs.begin(), dataset.runs.end(),
                     [](const Run& run) { return run.probe.has_value(); });
}

bool AnyMetric(const Dataset& dataset) {
  return std::any_of(dataset.runs.begin(), dataset.runs.end(),
                     [](const Run& run) { return !run.metrics.empty(); });
}

Table ProbeTable(const Dataset& dataset) {
  Table table;
  table.name = "probes";
  table.title = "What the representations hold";
  table.note =
      "By `curl-rl probe`, of frozen encoders. R²: how much of the state a linear reading of the "
      "features tells, beside the same network untrained and beside the pixels. Return: at the "
      "probed step.";
  table.AddColumn("task", false);
  table.AddColumn("method", false);
  table.AddColumn("seed", true);
  table.AddColumn("env step", true);
  table.AddColumn("return", true);
  for (const Measure& measure : kMeasures) table.AddColumn(measure.name, true);
  for (const std::string& task : dataset.tasks) {
    for (const Run* run : Probed(dataset, task)) {
      std::vector<std::string> row = {task, run->method, std::to_string(run->seed),
                                      Steps(static_cast<double>(run->probe->env_step)),
                                      Fixed(ReturnOf(*run), 0)};
      for (const Measure& measure : kMeasures) {
        row.push_back(Fixed((*run->probe).*measure.value, measure.decimals));
      }
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

Table ProbeRelationTable(const Dataset& dataset, const Options& options) {
  Table table;
  table.name = "probe_relation";
  table.title = "Probe and return";
  table.note =
      "Spearman's rank correlation of a measure with the return at the probed step, over the runs "
      "of all methods: 1, the same order; -1, the opposite one. Brackets: 95 % bootstrap interval, "
      "runs resampled; none below 5 runs. A correlation among these runs is no cause.";
  table.AddColumn("task", false);
  table.AddColumn("measure", false);
  table.AddColumn("runs", true);
  table.AddColumn("correlation with return", true);
  for (const std::string& task : dataset.tasks) {
    const auto runs = Probed(dataset, task);
    for (const Measure& measure : kMeasures) {
      const auto [measured, scores] = Pairs(runs, measure.value);
      if (measured.size() < kFewestRelated) continue;
      const Estimate estimate = SpearmanEstimate(measured, scores, options.bootstrap,
                                                 "probe/" + task + "/" + measure.name);
      table.rows.push_back(
          {task, measure.name, std::to_string(measured.size()), WithInterval(estimate, 2)});
    }
  }
  return table;
}

Figure ProbeFigure(const Dataset& dataset, const Options& options) {
  std::vector<std::string> tasks;
  for (const std::string& task : dataset.tasks) {
    if (!Probed(dataset, task).empty()) tasks.push_back(task);
  }
  const PanelGrid grid = MakeGrid(tasks.size(), LegendHeight(dataset.methods));
  Svg svg(kFigureWidth, grid.height, "Probe and return");
  Legend(&svg, {66, 22}, kFigureWidth - 90, dataset.methods);
  for (std::size_t panel = 0; panel < tasks.size(); ++panel) {
    const auto runs = Probed(dataset, tasks[panel]);
    const auto [r2, scores] = Pairs(runs, &Probe::r2);
    double low = 0, high = 0, left = 0;
    for (const double score : scores) low = std::min(low, score), high = std::max(high, score);
    for (const double value : r2) left = std::min(left, value);
    const Plot plot(&svg, grid.Corner(panel), grid.panel_width, grid.panel_height,
                    {left, 1, "R² of the state from the encoder's features",
                     [](double value) { return Fixed(value, 1); }},
                    ScoreAxis(low, high, options.max_score));
    plot.Frame(tasks[panel]);
    for (const Run* run : runs) {
      const double score = ReturnOf(*run);
      if (std::isnan(score) || std::isnan(run->probe->r2)) continue;
      const MethodStyle style = StyleOf(StyleIndex(dataset, run->method));
      svg.Mark(plot.At(run->probe->r2, score), style.marker, 5, style.color, false);
    }
  }
  return {"probe_return", "Probe and return",
          "Each mark is a probed run: its return at the probed step over the share of the state's "
          "variance that a linear reading of its frozen encoder tells (docs/probe.md).",
          svg.Finish()};
}

Figure MetricsFigure(const Dataset& dataset) {
  const auto panels = MetricPanels(dataset);
  const PanelGrid grid = MakeGrid(panels.size(), LegendHeight(dataset.methods));
  Svg svg(kFigureWidth, grid.height, "Representation during training");
  Legend(&svg, {66, 22}, kFigureWidth - 90, dataset.methods);
  for (std::size_t panel = 0; panel < panels.size(); ++panel) {
    const auto methods = SeriesOf(dataset, panels[panel]);
    double last = 0;
    for (const auto& runs : methods) {
      for (const Series& run : runs) last = std::max(last, run.x.back());
    }
    const Plot plot(&svg, grid.Corner(panel), grid.panel_width, grid.panel_height, StepAxis(last),
                    MetricAxis(methods, panels[panel].metric));
    plot.Frame(panels[panel].task + ": " + panels[panel].metric);
    for (std::size_t method = 0; method < methods.size(); ++method) {
      const MethodStyle style = StyleOf(method);
      for (const Series& run : methods[method]) {
        plot.Curve(run.x, run.y, {style.color, 1, "", 0.25});
      }
      if (methods[method].empty()) continue;
      const Series mean = MeanOf(methods[method]);
      plot.Curve(mean.x, mean.y, {style.color, 2.4, style.dash});
      if (!mean.x.empty()) {
        svg.Mark(plot.At(mean.x.back(), mean.y.back()), style.marker, 4, style.color, false);
      }
    }
  }
  return {
      "representation", "Representation during training",
      "Columns of train.csv, of the encoder's features in a training batch (docs/objectives.md); "
      "methods without an objective by contrast have none. Lines: mean over seeds where all have "
      "a value; faint lines: single seeds. Accuracy: share of anchors that find their own key; "
      "alignment 0: features do not change with the window; uniformity 0 and a participation "
      "ratio of 1: collapse.",
      svg.Finish()};
}

Table MetricData(const Dataset& dataset) {
  Table table;
  table.name = "representation";
  table.title = "Representation during training";
  for (const char* column : {"task", "method"}) table.AddColumn(column, false);
  table.AddColumn("seed", true);
  table.AddColumn("metric", false);
  for (const char* column : {"env_step", "value"}) table.AddColumn(column, true);
  for (const Run& run : dataset.runs) {
    for (const auto& [metric, whole] : run.metrics) {
      const Series series = Thinned(whole);
      for (std::size_t i = 0; i < series.x.size(); ++i) {
        table.rows.push_back({run.task, run.method, std::to_string(run.seed), metric,
                              Exact(series.x[i]), Exact(series.y[i])});
      }
    }
  }
  return table;
}

}  // namespace curl_rl::comparison
