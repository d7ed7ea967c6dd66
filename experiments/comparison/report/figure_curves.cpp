// Learning curves over env steps and over hours.
#include <algorithm>
#include <cmath>
#include <limits>

#include "experiments/comparison/report/figure_grid.h"
#include "experiments/comparison/report/figures.h"
#include "experiments/comparison/statistics/format.h"

namespace curl_rl::comparison {
namespace {

// The part of a curve where all runs are there, and the rest from its last point on.
void DrawMethod(const Plot& plot, Svg* svg, const MethodCurves& curves, std::size_t index,
                std::size_t methods) {
  const MethodStyle style = StyleOf(index);
  for (const Series& run : curves.runs) plot.Curve(run.x, run.y, {style.color, 1, "", 0.32});
  const Curve& curve = curves.curve;
  plot.Band(curve.x, curve.low, curve.high, style.color, 0.16);
  const int all = static_cast<int>(curves.runs.size());
  std::vector<double> x;
  std::vector<double> y;
  std::size_t end = 0;  // one past the last point that every run has
  std::size_t begin = curve.x.size();
  for (std::size_t i = 0; i < curve.x.size(); ++i) {
    if (curve.runs[i] != all) continue;
    begin = std::min(begin, i);
    end = i + 1;
    x.push_back(curve.x[i]);
    y.push_back(curve.center[i]);
  }
  plot.Curve(x, y, {style.color, 2.4, style.dash});
  if (end > 0 && end < curve.x.size()) {
    const auto from = static_cast<std::ptrdiff_t>(end - 1);
    plot.Curve({curve.x.begin() + from, curve.x.end()},
               {curve.center.begin() + from, curve.center.end()}, {style.color, 1.6, "1 4"});
  }
  // Six markers along the curve, staggered so that methods do not cover each other.
  if (x.empty()) return;
  const double span = x.back() - x.front();
  for (int k = 0; k < 6; ++k) {
    const double share =
        (k + (static_cast<double>(index) + 1) / (static_cast<double>(methods) + 1)) / 6;
    const double at = x.front() + share * span;
    const double value = ValueAt({x, y}, std::min(at, x.back()));
    svg->Mark(plot.At(std::min(at, x.back()), value), style.marker, 4, style.color, false);
    if (x.size() == 1) break;
  }
}

// Only the paper's own CURL row: the others stand in a figure and a table of their own.
std::vector<PublishedScore> PaperScores(const std::vector<PublishedScore>& published,
                                        const std::string& task) {
  std::vector<PublishedScore> scores;
  for (const PublishedScore& score : published) {
    if (score.task != task || score.method != "CURL" || score.kind != "paper") continue;
    if (score.protocol.empty()) scores.push_back(score);
  }
  return scores;
}

// Where the axis of env steps ends: with the runs, or, if they end before the first published
// score, there, so that a run under way is seen on its way to it.
double AxisEnd(double last, const std::vector<PublishedScore>& paper) {
  double nearest = std::numeric_limits<double>::infinity();
  for (const PublishedScore& score : paper) {
    if (score.env_steps <= 1.01 * last) return last;
    nearest = std::min(nearest, score.env_steps);
  }
  return std::isinf(nearest) ? last : nearest;
}

void DrawPublished(const Plot& plot, Svg* svg, const std::vector<PublishedScore>& paper,
                   double max_step) {
  for (const PublishedScore& score : paper) {
    if (score.env_steps > max_step) continue;
    const Point at = plot.At(score.env_steps, score.mean);
    if (!std::isnan(score.std)) {
      const double low = std::max(plot.y().low, score.mean - score.std);
      const double high = std::min(plot.y().high, score.mean + score.std);
      svg->Line(plot.At(score.env_steps, low), plot.At(score.env_steps, high), {kInk, 1.4});
    }
    svg->Mark(at, Marker::kDiamond, 5, kInk, true);
    const bool left = score.env_steps > 0.6 * plot.x().high;
    svg->Text({at.x + (left ? -10 : 10), at.y + 4},
              "CURL paper " + Fixed(score.mean, 0) +
                  (std::isnan(score.std) ? "" : " ± " + Fixed(score.std, 0)),
              {11, left ? "end" : "start", kInk, false, 0, true});
  }
}

// Up to so many methods are told apart in one panel; more than kMostPanels would be no picture.
constexpr std::size_t kTogether = 8;
constexpr std::size_t kMostPanels = 60;

bool APanelEach(const Dataset& dataset) {
  return dataset.methods.size() > kTogether &&
         dataset.methods.size() * dataset.tasks.size() <= kMostPanels;
}

std::string CurvesCaption(const Dataset& dataset, const Options& options) {
  const bool each = APanelEach(dataset);
  std::string caption =
      std::string(each ? "A panel a method, the others of its task in grey. Lines: " : "Lines: ") +
      (options.center == Center::kMean ? "mean" : "interquartile mean") +
      " over seeds; bands: 95 % bootstrap interval of it, pointwise, whole runs resampled (" +
      std::to_string(options.curve_bootstrap().replicates) + " times); faint lines: single seeds.";
  if (!each) {
    caption +=
        " A line goes on dotted and without a band where a run of its method has ended: fewer "
        "seeds "
        "from there on.";
  }
  caption += options.smooth > 1
                 ? " Lines and bands smoothed: mean of the last " + std::to_string(options.smooth) +
                       " evaluations; faint lines raw."
                 : " No smoothing.";
  return caption;
}

Axis HoursAxis(double last) {
  const int decimals = last < 1 ? 2 : last < 8 ? 1 : 0;
  return {0, last, "wall-clock time (hours)",
          [decimals](double value) { return Fixed(value, decimals); }};
}

// A panel a task with an axis of its own: tasks differ in budget and in reach.
std::string CurvesSvg(const Dataset& dataset, const std::vector<MethodCurves>& all,
                      const Options& options, bool time,
                      const std::vector<PublishedScore>& published) {
  if (APanelEach(dataset)) {
    double last = 0;
    for (const MethodCurves& curves : all) {
      for (const Series& run : curves.runs) last = std::max(last, run.x.back());
    }
    return SmallMultiples(dataset, all, options, time ? HoursAxis(last) : StepAxis(last));
  }
  const PanelGrid grid = MakeGrid(dataset.tasks.size(), LegendHeight(dataset.methods));
  Svg svg(kFigureWidth, grid.height,
          time ? "Learning curves over wall-clock time" : "Learning curves over environment steps");
  Legend(&svg, {66, 22}, kFigureWidth - 90, dataset.methods);
  for (std::size_t panel = 0; panel < dataset.tasks.size(); ++panel) {
    const std::string& task = dataset.tasks[panel];
    const TaskExtent extent = ExtentOf(task, all);
    const auto paper = time ? std::vector<PublishedScore>() : PaperScores(published, task);
    const double last = AxisEnd(extent.last, paper);
    const Axis x = time ? HoursAxis(last) : StepAxis(last);
    Axis y = ScoreAxis(extent.low, extent.high, options.max_score);
    if (options.smooth > 1) y.label += ", smoothed over " + std::to_string(options.smooth);
    const Plot plot(&svg, grid.Corner(panel), grid.panel_width, grid.panel_height, x, y);
    plot.Frame(task);
    if (!time) {
      for (std::int64_t at : options.at) {
        const auto step = static_cast<double>(at);
        if (step < last) svg.Line(plot.At(step, y.low), plot.At(step, y.high), {kMuted, 1, "2 3"});
      }
    }
    for (const MethodCurves& curves : all) {
      if (curves.task != task) continue;
      const auto index = std::find(dataset.methods.begin(), dataset.methods.end(), curves.method) -
                         dataset.methods.begin();
      DrawMethod(plot, &svg, curves, static_cast<std::size_t>(index), dataset.methods.size());
    }
    if (!time) DrawPublished(plot, &svg, paper, 1.01 * last);
  }
  return svg.Finish();
}

}  // namespace

Figure StepCurvesFigure(const Dataset& dataset, const Analysis& analysis, const Options& options,
                        const std::vector<PublishedScore>& published) {
  std::string caption = CurvesCaption(dataset, options);
  const bool each = APanelEach(dataset);  // then without marks
  const bool drawn =
      !each && std::any_of(options.at.begin(), options.at.end(), [&](std::int64_t at) {
        return std::any_of(dataset.runs.begin(), dataset.runs.end(),
                           [&](const Run& run) { return at < run.last_step(); });
      });
  if (drawn) caption += " Dotted verticals: the steps of the score table.";
  if (!each && !published.empty()) {
    caption += " Hollow diamonds: the CURL paper's mean ± standard deviation.";
  }
  return {"curves_env_step", "Learning curves", caption,
          CurvesSvg(dataset, analysis.step_curves, options, false, published)};
}

Figure TimeCurvesFigure(const Dataset& dataset, const Analysis& analysis, const Options& options) {
  return {"curves_wall_time", "Learning curves over wall-clock time",
          CurvesCaption(dataset, options),
          CurvesSvg(dataset, analysis.time_curves, options, true, {})};
}

}  // namespace curl_rl::comparison
