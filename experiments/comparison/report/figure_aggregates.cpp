// Figures across tasks: aggregates, performance profiles, probability of improvement.
#include <algorithm>
#include <cmath>

#include "experiments/comparison/report/figure_grid.h"
#include "experiments/comparison/report/figures.h"
#include "experiments/comparison/statistics/format.h"

namespace curl_rl::comparison {
namespace {

std::string Shares(double value) { return Fixed(value, 2); }

struct Row {
  std::size_t style;
  Estimate estimate;
};

// One narrow panel: a row a method.
void AggregatePanel(Svg* svg, Point corner, double width, double height, const std::string& title,
                    const std::vector<Row>& rows) {
  double low = 1;
  double high = 0;
  for (const Row& row : rows) {
    for (double value : {row.estimate.value, row.estimate.low, row.estimate.high}) {
      if (std::isnan(value)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  // Not from 0 to 1: what must be seen is whether intervals overlap.
  const double margin = std::max(0.02, 0.08 * (high - low));
  Axis x{std::max(0.0, low - margin), high + margin, "", Shares};
  const auto count = static_cast<double>(rows.size());
  const Plot plot(svg, corner, width, height, x, {0, count, "", nullptr});
  plot.Frame(title);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Estimate& e = rows[i].estimate;
    plot.IntervalMark(count - static_cast<double>(i) - 0.5, e.value, e.low, e.high,
                      StyleOf(rows[i].style));
  }
}

}  // namespace

Figure AggregatesFigure(const Dataset& dataset, const Analysis& analysis, const Options& options) {
  std::vector<std::vector<Row>> panels(5);
  for (std::size_t m = 0; m < dataset.methods.size(); ++m) {
    const AggregateCell* cell = analysis.headline_aggregate(dataset.methods[m]);
    if (cell == nullptr) continue;
    panels[0].push_back({m, cell->iqm});
    panels[1].push_back({m, cell->mean});
    panels[2].push_back({m, cell->median});
    panels[3].push_back({m, cell->gap});
    for (const AreaCell& area : analysis.areas) {
      if (area.task.empty() && area.method == cell->method) panels[4].push_back({m, area.area});
    }
  }
  const std::vector<std::string> titles = {"IQM ↑", "Mean ↑", "Median ↑", "Optimality gap ↓",
                                           "IQM of area ↑"};
  const double legend = LegendHeight(dataset.methods);
  const double height = 34 * static_cast<double>(dataset.methods.size());
  Svg svg(kFigureWidth, 16 + legend + 40 + height + 36, "Aggregates across tasks");
  Legend(&svg, {30, 22}, kFigureWidth - 60, dataset.methods);
  const double gap = 26;
  const double width = (kFigureWidth - 60 - 4 * gap) / 5;
  for (std::size_t p = 0; p < panels.size(); ++p) {
    AggregatePanel(&svg, {30 + static_cast<double>(p) * (width + gap), 16 + legend + 40}, width,
                   height, titles[p], panels[p]);
  }
  const auto& tasks = analysis.common_tasks;
  return {"aggregates", tasks.size() == 1 ? "Aggregates on " + tasks.front() : "Across tasks",
          "Scores divided by " + Fixed(options.max_score, 0) +
              ", at each task's judged step, over " + std::to_string(tasks.size()) +
              (tasks.size() == 1 ? " task" : " tasks") +
              ". Marks: point estimates; bars: 95 % stratified bootstrap intervals. Area: mean "
              "score during training. Arrows: which way is better.",
          svg.Finish()};
}

Figure ProfilesFigure(const Dataset& dataset, const Analysis& analysis, const Options& options) {
  const PanelGrid grid = MakeGrid(1, LegendHeight(dataset.methods));
  Svg svg(kFigureWidth, grid.height, "Performance profiles");
  Legend(&svg, {66, 22}, kFigureWidth - 90, dataset.methods);
  const Plot plot(&svg, grid.Corner(0), grid.panel_width, grid.panel_height,
                  {0, 1, "score threshold τ (score / " + Fixed(options.max_score, 0) + ")", Shares},
                  {0, 1, "share of runs with score > τ", Shares});
  plot.Frame("");
  for (std::size_t m = 0; m < analysis.profiles.size(); ++m) {
    const Profile& profile = analysis.profiles[m].profile;
    const MethodStyle style = StyleOf(m);
    plot.Band(profile.threshold, profile.band_low, profile.band_high, style.color, 0.10);
    plot.Band(profile.threshold, profile.point_low, profile.point_high, style.color, 0.16);
  }
  for (std::size_t m = 0; m < analysis.profiles.size(); ++m) {
    const Profile& profile = analysis.profiles[m].profile;
    const MethodStyle style = StyleOf(m);
    plot.Curve(profile.threshold, profile.share, {style.color, 2.4, style.dash});
    // Markers are staggered so that methods do not cover each other.
    for (std::size_t t = 5 + 4 * m; t < profile.threshold.size(); t += 16) {
      svg.Mark(plot.At(profile.threshold[t], profile.share[t]), style.marker, 4, style.color,
               false);
    }
  }
  return {
      "profile", "Performance profile",
      "Higher is better everywhere. Inner bands hold with 95 % at a single threshold, outer ones "
      "for the whole curve at once (bootstrap of the largest deviation).",
      svg.Finish()};
}

Figure ImprovementFigure(const Analysis& analysis) {
  const auto count = static_cast<double>(analysis.pairs.size());
  double label_width = 0;
  const auto label = [](const PairCell& pair) {
    return pair.a + " > " + pair.b + "  ·  " + (pair.task.empty() ? "all tasks" : pair.task);
  };
  for (const PairCell& pair : analysis.pairs) {
    label_width = std::max(label_width, TextWidth(label(pair), 12));
  }
  label_width = std::min(label_width + 24, 520.0);
  const double height = 30 * count;
  Svg svg(kFigureWidth, 50 + height + 52, "Probability of improvement");
  const Plot plot(&svg, {label_width, 40}, kFigureWidth - label_width - 150, height,
                  {0, 1, "probability that a run of the first scores higher", Shares},
                  {0, count, "", nullptr});
  plot.Frame("");
  svg.Line(plot.At(0.5, 0), plot.At(0.5, count), {kMuted, 1.5, "4 3"});
  for (std::size_t i = 0; i < analysis.pairs.size(); ++i) {
    const PairCell& pair = analysis.pairs[i];
    const double y = count - static_cast<double>(i) - 0.5;
    const Point at = plot.At(0, y);
    svg.Text({label_width - 12, at.y + 4}, label(pair), {12, "end", kInk, pair.task.empty()});
    plot.IntervalMark(y, pair.improvement.value, pair.improvement.low, pair.improvement.high,
                      {kInk, "", pair.task.empty() ? Marker::kDiamond : Marker::kCircle});
    svg.Text({kFigureWidth - 138, at.y + 4}, WithInterval(pair.improvement, 2), {12, "start"});
  }
  return {"improvement", "Probability of improvement",
          "Of one run of the first method and one of the second, picked at random, how often the "
          "first scores higher (ties count half). Bars: 95 % bootstrap intervals, the two methods "
          "resampled independently. The dashed line is a coin flip.",
          svg.Finish()};
}

}  // namespace curl_rl::comparison
