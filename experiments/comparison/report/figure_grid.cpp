// Lays out panels and draws what they share: legend and axes.
#include "experiments/comparison/report/figure_grid.h"

#include <algorithm>
#include <cmath>

#include "experiments/comparison/statistics/format.h"

namespace curl_rl::comparison {
namespace {

constexpr double kGap = 84;     // between two columns: the right one's tick labels and title
constexpr double kRowGap = 92;  // below a row: ticks, axis title, the next panel's title

}  // namespace

Point PanelGrid::Corner(std::size_t panel) const {
  const std::size_t row_index = panel / static_cast<std::size_t>(columns);
  const auto column = static_cast<double>(panel % static_cast<std::size_t>(columns));
  const auto row = static_cast<double>(row_index);
  return {kFigureLeft + column * (panel_width + kGap), top + row * (panel_height + kRowGap)};
}

PanelGrid MakeGrid(std::size_t panels, double legend_height) {
  PanelGrid grid;
  grid.columns = panels > 1 ? 2 : 1;
  grid.panel_width =
      (kFigureWidth - kFigureLeft - kFigureRight - (grid.columns - 1) * kGap) / grid.columns;
  grid.panel_height = panels > 1 ? 240 : 330;
  grid.top = 16 + legend_height + 34;
  const double rows = std::ceil(static_cast<double>(panels) / grid.columns);
  grid.height = grid.top + rows * grid.panel_height + (rows - 1) * kRowGap + 52;
  return grid;
}

double LegendHeight(const std::vector<std::string>& methods) {
  Svg scratch(kFigureWidth, 100, "");
  return Legend(&scratch, {kFigureLeft, 0}, kFigureWidth - kFigureLeft - kFigureRight, methods);
}

Axis ScoreAxis(double low, double high, double max_score) {
  const auto format = [](double value) { return Fixed(value, 0); };
  if (low >= 0 && high <= max_score) return {0, max_score, "episode return", format};
  const double margin = Margin(low, high, 0.05);
  return {low - margin, high + margin, "episode return", TickText(low - margin, high + margin)};
}

Axis StepAxis(double high) {
  return {0, high > 0 ? high : 1, "environment steps", [](double value) { return Steps(value); }};
}

TaskExtent ExtentOf(const std::string& task, const std::vector<MethodCurves>& all) {
  TaskExtent extent;
  for (const MethodCurves& curves : all) {
    if (curves.task != task) continue;
    for (const Series& run : curves.runs) {
      extent.last = std::max(extent.last, run.x.back());
      extent.low = std::min(extent.low, *std::min_element(run.y.begin(), run.y.end()));
      extent.high = std::max(extent.high, *std::max_element(run.y.begin(), run.y.end()));
    }
  }
  return extent;
}

}  // namespace curl_rl::comparison
