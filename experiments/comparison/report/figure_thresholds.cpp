// The share of runs that reached a score, as a function of env steps.
#include <algorithm>

#include "experiments/comparison/report/figure_grid.h"
#include "experiments/comparison/report/figures.h"
#include "experiments/comparison/statistics/format.h"

namespace curl_rl::comparison {

Figure ThresholdFigure(const Dataset& dataset, const Analysis& analysis, const Options& options) {
  const double threshold = options.thresholds.front();
  const PanelGrid grid = MakeGrid(dataset.tasks.size(), LegendHeight(dataset.methods));
  Svg svg(kFigureWidth, grid.height, "Steps to a threshold");
  Legend(&svg, {66, 22}, kFigureWidth - 90, dataset.methods);
  for (std::size_t panel = 0; panel < dataset.tasks.size(); ++panel) {
    double last = 0;
    for (const Run& run : dataset.runs) {
      if (run.task == dataset.tasks[panel]) {
        last = std::max(last, static_cast<double>(run.last_step()));
      }
    }
    const Plot plot(
        &svg, grid.Corner(panel), grid.panel_width, grid.panel_height, StepAxis(last),
        {0, 1, "share of runs that reached it", [](double value) { return Fixed(value, 1); }});
    plot.Frame(dataset.tasks[panel] + ": score ≥ " + Fixed(threshold, 0));
    for (const ThresholdCell& cell : analysis.step_thresholds) {
      if (cell.task != dataset.tasks[panel] || cell.threshold != threshold) continue;
      const auto index = static_cast<std::size_t>(
          std::find(dataset.methods.begin(), dataset.methods.end(), cell.method) -
          dataset.methods.begin());
      const MethodStyle style = StyleOf(index);
      std::vector<double> x = {0};
      std::vector<double> y = {0};
      for (const SurvivalStep& step : KaplanMeier(cell.passages)) {
        x.insert(x.end(), {step.time, step.time});
        y.insert(y.end(), {y.back(), 1 - step.remaining});
      }
      double end = x.back();  // the curve is known as far as some run was watched
      for (const Passage& passage : cell.passages) end = std::max(end, passage.time);
      x.push_back(end);
      y.push_back(y.back());
      plot.Curve(x, y, {style.color, 2.4, style.dash});
      svg.Mark(plot.At(x.back(), y.back()), style.marker, 4.5, style.color, false);
      for (const Passage& passage : cell.passages) {
        if (passage.reached) continue;
        double share = 0;
        for (std::size_t i = 0; i < x.size() && x[i] <= passage.time; ++i) share = y[i];
        svg.Mark(plot.At(passage.time, share), Marker::kPlus, 6, style.color, false);
      }
    }
  }
  return {"threshold", "Steps to a score of " + Fixed(threshold, 0),
          "Kaplan-Meier estimate of the share of runs whose evaluation reached " +
              Fixed(threshold, 0) + " and held it for " + std::to_string(options.hold) +
              (options.hold == 1 ? " evaluation" : " evaluations in a row") +
              ". Crosses: runs that ended without reaching it; they stay in the sample.",
          svg.Finish()};
}

}  // namespace curl_rl::comparison
