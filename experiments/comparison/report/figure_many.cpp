// Curves of more methods than one panel can hold, a small panel each; and all of them by area.
#include <algorithm>
#include <cmath>
#include <utility>

#include "experiments/comparison/report/figure_grid.h"
#include "experiments/comparison/report/figures.h"
#include "experiments/comparison/statistics/format.h"

namespace curl_rl::comparison {
namespace {

constexpr std::size_t kPanelColumns = 4;
constexpr double kTitles = 34;       // above the first row: its titles
constexpr double kColumnGap = 20;    // between columns
constexpr double kPanelRowGap = 40;  // below a row: the next one's titles
constexpr double kPanelHeight = 110;

std::string NoText(double /*value*/) { return ""; }

// Where a method's panel lies. Every task begins a row of its own.
struct PanelCell {
  const MethodCurves* curves;
  std::size_t row;
  std::size_t column;
  bool lowest;  // of its task in its column: it bears the ticks of the steps
};

std::vector<PanelCell> Place(const Dataset& dataset, const std::vector<MethodCurves>& all) {
  std::vector<PanelCell> cells;
  std::size_t row = 0;
  for (const std::string& task : dataset.tasks) {
    std::vector<const MethodCurves*> methods;
    for (const MethodCurves& curves : all) {
      if (curves.task == task) methods.push_back(&curves);
    }
    for (std::size_t i = 0; i < methods.size(); ++i) {
      cells.push_back({methods[i], row + i / kPanelColumns, i % kPanelColumns,
                       i + kPanelColumns >= methods.size()});
    }
    row += (methods.size() + kPanelColumns - 1) / kPanelColumns;
  }
  return cells;
}

}  // namespace

std::string SmallMultiples(const Dataset& dataset, const std::vector<MethodCurves>& all,
                           const Options& options, const Axis& x_axis) {
  const std::vector<PanelCell> cells = Place(dataset, all);
  const std::size_t rows = cells.empty() ? 1 : cells.back().row + 1;
  const double width = (kFigureWidth - kFigureLeft - kFigureRight -
                        static_cast<double>(kPanelColumns - 1) * kColumnGap) /
                       kPanelColumns;
  Svg svg(kFigureWidth, kTitles + static_cast<double>(rows) * (kPanelHeight + kPanelRowGap) + 12,
          "Learning curves, a panel a method");
  for (const PanelCell& cell : cells) {
    const MethodCurves& own = *cell.curves;
    const TaskExtent extent = ExtentOf(own.task, all);
    Axis x = x_axis;
    x.high = extent.last > 0 ? extent.last : 1;
    if (cell.row + 1 < rows || cell.column > 0) x.label = "";  // said once, like the other axis
    if (!cell.lowest) x.format = NoText;
    Axis y = ScoreAxis(extent.low, extent.high, options.max_score);
    if (cell.column > 0) {
      y.label = "";
      y.format = NoText;
    }
    const Point corner = {kFigureLeft + static_cast<double>(cell.column) * (width + kColumnGap),
                          kTitles + static_cast<double>(cell.row) * (kPanelHeight + kPanelRowGap)};
    const Plot plot(&svg, corner, width, kPanelHeight, x, y);
    plot.Frame(dataset.tasks.size() > 1 ? own.task + ": " + own.method : own.method);
    for (const MethodCurves& other : all) {
      if (other.task != own.task || &other == &own) continue;
      plot.Curve(other.curve.x, other.curve.center, {kMuted, 0.8, "", 0.22});
    }
    const auto index = std::find(dataset.methods.begin(), dataset.methods.end(), own.method) -
                       dataset.methods.begin();
    const Color color = StyleOf(static_cast<std::size_t>(index)).color;
    for (const Series& run : own.runs) plot.Curve(run.x, run.y, {color, 0.8, "", 0.4});
    plot.Band(own.curve.x, own.curve.low, own.curve.high, color, 0.18);
    plot.Curve(own.curve.x, own.curve.center, {color, 2.4});
  }
  return svg.Finish();
}

Figure AreasFigure(const Dataset& dataset, const Analysis& analysis, const Options& options) {
  constexpr double kRow = 22;
  constexpr double kBelow = 80;    // a panel: ticks, axis title, the next one's title
  constexpr double kNames = 210;   // left of a panel
  constexpr double kNumbers = 70;  // right of it
  // 1. The rows of each task, the best first.
  std::vector<std::vector<const AreaCell*>> panels;
  double rows = 0;
  for (const std::string& task : dataset.tasks) {
    std::vector<const AreaCell*> cells;
    for (const AreaCell& cell : analysis.areas) {
      if (cell.task == task) cells.push_back(&cell);
    }
    std::stable_sort(cells.begin(), cells.end(), [](const AreaCell* a, const AreaCell* b) {
      return a->area.value > b->area.value;
    });
    rows += static_cast<double>(cells.size());
    panels.push_back(std::move(cells));
  }
  const auto tasks = static_cast<double>(panels.size());
  Svg svg(kFigureWidth, kTitles + rows * kRow + tasks * kBelow - 30, "Mean return during training");

  // 2. A panel a task: names on the left, interval and mean on the right.
  double top = kTitles;
  for (std::size_t panel = 0; panel < panels.size(); ++panel) {
    const auto& cells = panels[panel];
    if (cells.empty()) continue;
    double low = cells.front()->area.value;
    double high = low;
    for (const AreaCell* cell : cells) {
      for (double value : {cell->area.value, cell->area.low, cell->area.high}) {
        if (std::isnan(value)) continue;
        low = std::min(low, value);
        high = std::max(high, value);
      }
    }
    low *= options.max_score;
    high *= options.max_score;
    const double margin = Margin(low, high, 0.04);
    const auto count = static_cast<double>(cells.size());
    const Axis x = {low - margin, high + margin, "mean episode return during training",
                    TickText(low - margin, high + margin)};
    const Plot plot(&svg, {kNames, top}, kFigureWidth - kNames - kNumbers, count * kRow, x,
                    {0, count, "", nullptr});
    plot.Frame(dataset.tasks[panel] + ", " + Steps(cells.front()->from) + " to " +
               Steps(cells.front()->to) + " env steps");
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const AreaCell& cell = *cells[i];
      const auto index = std::find(dataset.methods.begin(), dataset.methods.end(), cell.method) -
                         dataset.methods.begin();
      const double y = count - static_cast<double>(i) - 0.5;
      const MethodStyle style = StyleOf(static_cast<std::size_t>(index));
      plot.IntervalMark(y, cell.area.value * options.max_score, cell.area.low * options.max_score,
                        cell.area.high * options.max_score, style);
      const double baseline = plot.At(x.low, y).y + 4;
      svg.Text({kNames - 10, baseline}, cell.method, {12, "end", kInk});
      svg.Text({kFigureWidth - kNumbers + 12, baseline},
               Fixed(cell.area.value * options.max_score, 1), {12, "start", kInk});
    }
    top += count * kRow + kBelow;
  }
  return {"areas", "Mean return during training",
          "The area under each method's curve over the steps that all runs of the task share, as a "
          "mean return: sooner and higher is more. Marks: mean over seeds; bars: 95 % bootstrap "
          "intervals, whole runs resampled. Numbers: the means. Best first.",
          svg.Finish()};
}

}  // namespace curl_rl::comparison
