// Our curves among the published ones: those of the same protocol apart from the others.
#include <algorithm>
#include <cmath>

#include "experiments/comparison/report/figure_grid.h"
#include "experiments/comparison/report/figures.h"
#include "experiments/comparison/statistics/format.h"

namespace curl_rl::comparison {
namespace {

constexpr double kTheirWidth = 1.7;

struct PublishedPanel {
  std::string task;
  bool same_protocol;
};

std::vector<PublishedPanel> PanelsOf(const Dataset& dataset,
                                     const std::vector<ComparedCurve>& published) {
  std::vector<PublishedPanel> panels;
  for (const std::string& task : dataset.tasks) {
    for (const bool same : {true, false}) {
      const bool any =
          std::any_of(published.begin(), published.end(), [&](const ComparedCurve& curve) {
            return curve.task == task && curve.same_protocol == same;
          });
      if (any) panels.push_back({task, same});
    }
  }
  return panels;
}

// The names in the order of their styles: ours, then theirs.
std::vector<std::string> Names(const Dataset& dataset,
                               const std::vector<ComparedCurve>& published) {
  std::vector<std::string> names;
  for (const std::string& method : dataset.methods) names.push_back(method + ", ours");
  for (const ComparedCurve& curve : published) {
    if (std::find(names.begin(), names.end(), curve.method) == names.end()) {
      names.push_back(curve.method);
    }
  }
  return names;
}

// The first `ours` in their styles; theirs solid, thin and hollow.
std::vector<reports::LegendItem> Items(const std::vector<std::string>& names, std::size_t ours) {
  std::vector<reports::LegendItem> items;
  for (std::size_t i = 0; i < names.size(); ++i) {
    items.push_back({names[i], StyleOf(i)});
    if (i < ours) continue;
    items.back().style.dash = "";
    items.back().width = kTheirWidth;
    items.back().hollow = true;
  }
  return items;
}

std::size_t StyleIndex(const std::vector<std::string>& names, const std::string& name) {
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

// The range of everything drawn in a panel, intervals too.
struct Range {
  double last = 0;
  double low = 0;
  double high = 0;

  void Take(const Curve& curve) {
    last = std::max(last, curve.x.back());
    for (const auto* values : {&curve.center, &curve.low, &curve.high}) {
      for (const double value : *values) {
        if (std::isnan(value)) continue;
        low = std::min(low, value);
        high = std::max(high, value);
      }
    }
  }
};

void DrawTheirs(const Plot& plot, Svg* svg, const ComparedCurve& one, std::size_t index) {
  const MethodStyle style = StyleOf(index);
  const Curve& curve = one.curve;
  plot.Band(curve.x, curve.low, curve.high, style.color, one.same_protocol ? 0.13 : 0.07);
  plot.Curve(curve.x, curve.center, {style.color, kTheirWidth, one.same_protocol ? "" : "1 3"});
  for (std::size_t i = index % 3; i < curve.x.size(); i += 3) {  // staggered by method
    svg->Mark(plot.At(curve.x[i], curve.center[i]), style.marker, 3.5, style.color, true);
  }
}

void DrawOurs(const Plot& plot, Svg* svg, const MethodCurves& curves, std::size_t index) {
  const MethodStyle style = StyleOf(index);
  const Curve& curve = curves.curve;
  plot.Band(curve.x, curve.low, curve.high, style.color, 0.2);
  plot.Curve(curve.x, curve.center, {style.color, 2.8, style.dash});
  svg->Mark(plot.At(curve.x.back(), curve.center.back()), style.marker, 5.5, style.color, false);
}

}  // namespace

Figure PublishedCurvesFigure(const Dataset& dataset, const Analysis& analysis,
                             const Options& options, const std::vector<ComparedCurve>& published) {
  const std::vector<PublishedPanel> panels = PanelsOf(dataset, published);
  if (panels.empty()) return {};
  const std::vector<std::string> names = Names(dataset, published);
  const PanelGrid grid = MakeGrid(panels.size(), LegendHeight(names));
  Svg svg(kFigureWidth, grid.height, "Published learning curves");
  Legend(&svg, {66, 22}, kFigureWidth - 90, Items(names, dataset.methods.size()));
  for (std::size_t i = 0; i < panels.size(); ++i) {
    const PublishedPanel& panel = panels[i];
    Range range;
    for (const MethodCurves& curves : analysis.step_curves) {
      if (curves.task == panel.task) range.Take(curves.curve);
    }
    for (const ComparedCurve& curve : published) {
      if (curve.task == panel.task && curve.same_protocol == panel.same_protocol) {
        range.Take(curve.curve);
      }
    }
    const Plot plot(&svg, grid.Corner(i), grid.panel_width, grid.panel_height, StepAxis(range.last),
                    ScoreAxis(range.low, range.high, options.max_score));
    plot.Frame(panel.task + (panel.same_protocol ? ": the same protocol" : ": another protocol †"));
    for (const ComparedCurve& curve : published) {
      if (curve.task != panel.task || curve.same_protocol != panel.same_protocol) continue;
      DrawTheirs(plot, &svg, curve, StyleIndex(names, curve.method));
    }
    for (const MethodCurves& curves : analysis.step_curves) {
      if (curves.task != panel.task) continue;
      DrawOurs(plot, &svg, curves, StyleIndex(names, curves.method + ", ours"));
    }
  }
  return {
      "published_curves", "Among published curves",
      std::string("Thick lines: ours; thin ones with hollow marks: published. Lines: ") +
          (options.center == Center::kMean ? "mean" : "interquartile mean") +
          " over seeds; bands: 95 % bootstrap interval of it, computed alike from the published "
          "runs of each seed. † dotted: curves of another protocol (another action repeat, or "
          "returns of training episodes), which the table names: they are no measure of ours, "
          "since the action repeat alone changes how hard a task is.",
      svg.Finish()};
}

}  // namespace curl_rl::comparison
