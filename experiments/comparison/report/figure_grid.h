// Panels of one size in rows of two, below a legend.
#pragma once

#include <string>
#include <vector>

#include "experiments/comparison/statistics/analysis.h"
#include "experiments/reports/plot.h"

namespace curl_rl::comparison {

using reports::Axis, reports::Color, reports::kGrid, reports::kInk, reports::kMuted;
using reports::kFigureWidth, reports::Legend, reports::Margin, reports::Marker;
using reports::MethodStyle, reports::Plot, reports::Point, reports::StyleOf, reports::Svg;
using reports::TextWidth, reports::TickText;

inline constexpr double kFigureLeft = 66;  // pixels beside the panels: tick labels and title
inline constexpr double kFigureRight = 24;

struct PanelGrid {
  int columns = 1;
  double panel_width = 0;   // of the plotted rectangle
  double panel_height = 0;  //
  double top = 0;           // of the first row's rectangle
  double height = 0;        // of the figure

  Point Corner(std::size_t panel) const;
};

/// A grid for `panels` panels below `legend_height` pixels of legend.
PanelGrid MakeGrid(std::size_t panels, double legend_height);

/// How high Legend will be.
double LegendHeight(const std::vector<std::string>& methods);

/// An axis of scores: 0 .. max_score if all values fit, else wide enough.
Axis ScoreAxis(double low, double high, double max_score);

/// An axis of env steps from 0 to `high`.
Axis StepAxis(double high);

/// How far a task's runs go, single ones too: last x, lowest (or 0) and highest score.
struct TaskExtent {
  double last = 0;
  double low = 0;
  double high = 0;
};
TaskExtent ExtentOf(const std::string& task, const std::vector<MethodCurves>& all);

}  // namespace curl_rl::comparison
