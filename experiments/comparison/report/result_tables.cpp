// Analysis to tables.
#include <algorithm>
#include <cmath>

#include "experiments/comparison/report/tables.h"
#include "experiments/comparison/statistics/format.h"

namespace curl_rl::comparison {
namespace {

Table MakeTable(const std::string& name, const std::string& title, const std::string& note,
                const std::vector<std::string>& texts, const std::vector<std::string>& numbers) {
  Table table;
  table.name = name;
  table.title = title;
  table.note = note;
  for (const std::string& column : texts) table.AddColumn(column, false);
  for (const std::string& column : numbers) table.AddColumn(column, true);
  return table;
}

std::string Seeds(std::size_t there, std::size_t missing) {
  return std::to_string(there) + (missing == 0 ? "" : " of " + std::to_string(there + missing));
}

// "500k", or "200k to 500k" if tasks are judged at different steps.
std::string JudgedStep(const Analysis& analysis) {
  double low = analysis.spans.front().headline;
  double high = low;
  for (const TaskSpan& span : analysis.spans) {
    low = std::min(low, span.headline);
    high = std::max(high, span.headline);
  }
  return low == high ? Steps(low) : Steps(low) + " to " + Steps(high);
}

std::string PlusMinus(double mean, double std, int decimals) {
  return Fixed(mean, decimals) + (std::isnan(std) ? "" : " ± " + Fixed(std, decimals));
}

}  // namespace

std::string Reference(const std::string& citation, std::vector<std::string>* citations) {
  auto found = std::find(citations->begin(), citations->end(), citation);
  if (found == citations->end()) found = citations->insert(found, citation);
  return "[" + std::to_string(found - citations->begin() + 1) + "]";
}

Table ScoreTable(const Analysis& analysis) {
  Table table = MakeTable("scores", "Scores",
                          "Raw episode returns. Seeds: runs that reached the step. ± is the "
                          "standard deviation over seeds, "
                          "brackets are 95 % bootstrap intervals.",
                          {"task", "method"},
                          {"env steps", "seeds", "mean ± std", "95 % of mean", "median", "IQM",
                           "95 % of IQM", "min", "max"});
  for (const ScoreCell& cell : analysis.scores) {
    std::vector<std::string> row = {cell.task, cell.method, Steps(cell.step),
                                    Seeds(cell.scores.size(), cell.missing.size())};
    if (cell.scores.empty()) {
      row.insert(row.end(), 7, "—");
    } else {
      const auto [low, high] = std::minmax_element(cell.scores.begin(), cell.scores.end());
      row.insert(row.end(), {PlusMinus(cell.mean.value, cell.std, 0), Interval(cell.mean, 0),
                             Fixed(cell.median.value, 0), Fixed(cell.iqm.value, 0),
                             Interval(cell.iqm, 0), Fixed(*low, 0), Fixed(*high, 0)});
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table AggregateTable(const Analysis& analysis) {
  Table table = MakeTable(
      "aggregates", "Across tasks",
      "Scores divided by the highest possible return; 95 % stratified bootstrap "
      "intervals. Optimality gap: lower is better.",
      {"env steps", "method"}, {"tasks", "runs", "IQM", "mean", "median", "optimality gap"});
  for (const AggregateCell& cell : analysis.aggregates) {
    table.rows.push_back({cell.step > 0 ? Steps(cell.step) : JudgedStep(analysis), cell.method,
                          std::to_string(cell.tasks.size()), std::to_string(cell.runs),
                          WithInterval(cell.iqm, 3), WithInterval(cell.mean, 3),
                          WithInterval(cell.median, 3), WithInterval(cell.gap, 3)});
  }
  return table;
}

Table AreaTable(const Analysis& analysis) {
  Table table =
      MakeTable("areas", "Area under the curve",
                "Mean normalised score during training, over the steps that the task's runs "
                "share; whole runs resampled. Across tasks: IQM of the runs' areas.",
                {"task", "method"}, {"from", "to", "seeds", "area"});
  for (const AreaCell& cell : analysis.areas) {
    const bool across = cell.task.empty();
    table.rows.push_back(
        {across ? "all tasks" : cell.task, cell.method, across ? "" : Steps(cell.from),
         across ? "" : Steps(cell.to),
         Seeds(static_cast<std::size_t>(cell.runs), static_cast<std::size_t>(cell.missing)),
         WithInterval(cell.area, 3)});
  }
  std::stable_sort(table.rows.begin(), table.rows.end(),
                   [](const auto& a, const auto& b) { return a[0] < b[0]; });
  return table;
}

Table ThresholdTable(const Analysis& analysis) {
  Table table = MakeTable(
      "thresholds", "To a threshold",
      "Runs that never got there are censored, not dropped. Median: Kaplan-Meier, — if half the "
      "runs never got there (∞ as an interval's end: such resamples are common). Restricted mean: "
      "mean of min(time, horizon).",
      {"task", "method"}, {"threshold", "unit", "reached", "median", "restricted mean", "horizon"});
  const auto add = [&](const std::vector<ThresholdCell>& cells, bool time) {
    for (const ThresholdCell& cell : cells) {
      const auto number = [&](double value) {
        return time || std::isnan(value) ? Fixed(value, 2) : Steps(value);
      };
      const auto estimate = [&](const Estimate& e) {
        if (!e.has_interval() || std::isnan(e.value)) return number(e.value);
        return number(e.value) + " [" + number(e.low) + ", " + number(e.high) + "]";
      };
      table.rows.push_back(
          {cell.task, cell.method, Fixed(cell.threshold, 0), time ? "hours" : "env steps",
           std::to_string(cell.reached) + " of " + std::to_string(cell.passages.size()),
           estimate(cell.median), estimate(cell.restricted), number(cell.horizon)});
    }
  };
  add(analysis.step_thresholds, false);
  add(analysis.time_thresholds, true);
  return table;
}

Table PairTable(const Analysis& analysis, const Options& options) {
  const std::string threshold =
      options.thresholds.empty() ? "" : Fixed(options.thresholds.front(), 0);
  Table table = MakeTable(
      "pairs", "Pairs of methods",
      "a against b. Difference: mean return of a minus b (all tasks: of the normalised IQM). P(a > "
      "b): "
      "probability that a run of a scores higher. Speed-up: restricted mean steps of b to " +
          threshold + " divided by a's; above 1, a is faster.",
      {"task", "a", "b"}, {"difference", "P(a > b)", "speed-up"});
  for (const PairCell& pair : analysis.pairs) {
    table.rows.push_back({pair.task.empty() ? "all tasks" : pair.task, pair.a, pair.b,
                          WithInterval(pair.difference, pair.task.empty() ? 3 : 0),
                          WithInterval(pair.improvement, 2), WithInterval(pair.step_ratio, 2)});
  }
  return table;
}

Table PublishedTable(const Analysis& analysis, const Options& options,
                     const std::vector<PublishedScore>& published,
                     std::vector<std::string>* citations) {
  Table table = MakeTable("published", "Published scores",
                          "Mean ± standard deviation over seeds as published; how a row's protocol "
                          "differs is named where known.",
                          {"task", "method", "kind", "protocol differs"},
                          {"env steps", "seeds", "mean ± std", "source"});
  for (const TaskSpan& span : analysis.spans) {
    for (std::int64_t at : options.at) {
      const auto step = static_cast<double>(at);
      for (const ScoreCell& cell : analysis.scores) {
        if (cell.task != span.task || cell.step != step || cell.scores.empty()) continue;
        table.rows.push_back({cell.task, cell.method, "ours", "", Steps(step),
                              Seeds(cell.scores.size(), cell.missing.size()),
                              PlusMinus(cell.mean.value, cell.std, 0), ""});
      }
      for (const PublishedScore& score : published) {
        if (score.task != span.task || score.env_steps != step) continue;
        table.rows.push_back({score.task, score.method, score.kind, score.protocol, Steps(step),
                              score.seeds, PlusMinus(score.mean, score.std, 0),
                              Reference(score.citation, citations)});
      }
    }
  }
  return table;
}

Table CurveData(const Analysis& analysis) {
  Table table = MakeTable("curves", "Curves", "", {"task", "method", "axis"},
                          {"x", "center", "low", "high", "runs"});
  const auto add = [&](const std::vector<MethodCurves>& all, const char* axis) {
    for (const MethodCurves& curves : all) {
      const Curve& curve = curves.curve;
      for (std::size_t i = 0; i < curve.x.size(); ++i) {
        table.rows.push_back({curves.task, curves.method, axis, Exact(curve.x[i]),
                              Exact(curve.center[i]), Exact(curve.low[i]), Exact(curve.high[i]),
                              std::to_string(curve.runs[i])});
      }
    }
  };
  add(analysis.step_curves, "env_step");
  add(analysis.time_curves, "hours");
  return table;
}

Table ProfileData(const Analysis& analysis) {
  Table table =
      MakeTable("profile", "Performance profile", "", {"method"},
                {"threshold", "share", "point_low", "point_high", "band_low", "band_high"});
  for (const MethodProfile& one : analysis.profiles) {
    const Profile& p = one.profile;
    for (std::size_t t = 0; t < p.threshold.size(); ++t) {
      table.rows.push_back({one.method, Exact(p.threshold[t]), Exact(p.share[t]),
                            Exact(p.point_low[t]), Exact(p.point_high[t]), Exact(p.band_low[t]),
                            Exact(p.band_high[t])});
    }
  }
  return table;
}

Table PassageData(const Analysis& analysis) {
  Table table = MakeTable("passages", "Steps to a threshold, run by run", "", {"task", "method"},
                          {"threshold", "env_step", "reached"});
  for (const ThresholdCell& cell : analysis.step_thresholds) {
    for (const Passage& passage : cell.passages) {
      table.rows.push_back({cell.task, cell.method, Exact(cell.threshold), Exact(passage.time),
                            passage.reached ? "1" : "0"});
    }
  }
  return table;
}

}  // namespace curl_rl::comparison
