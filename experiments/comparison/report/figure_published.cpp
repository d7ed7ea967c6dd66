// Our scores among the published ones.
#include <algorithm>
#include <cmath>

#include "experiments/comparison/report/figure_grid.h"
#include "experiments/comparison/report/figures.h"
#include "experiments/comparison/statistics/format.h"

namespace curl_rl::comparison {
namespace {

struct ScoreRow {
  std::string name;
  double mean;
  double std;
  int method;  // ours: its number; published: -1
};

struct Panel {
  std::string title;
  std::vector<ScoreRow> rows;  // best first
};

constexpr double kRow = 21;
constexpr double kMostLabels = 430;  // pixels

std::vector<Panel> MakePanels(const Dataset& dataset, const Analysis& analysis,
                              const Options& options,
                              const std::vector<PublishedScore>& published) {
  std::vector<Panel> panels;
  for (const std::string& task : dataset.tasks) {
    for (std::int64_t at : options.at) {
      const auto step = static_cast<double>(at);
      Panel panel{task + " at " + Steps(step) + " env steps", {}};
      for (std::size_t m = 0; m < dataset.methods.size(); ++m) {
        const ScoreCell* cell = analysis.score(task, dataset.methods[m], step);
        if (cell == nullptr || cell->scores.empty()) continue;
        panel.rows.push_back(
            {dataset.methods[m] + ", ours, n = " + std::to_string(cell->scores.size()),
             cell->mean.value, cell->std, static_cast<int>(m)});
      }
      const bool ours = !panel.rows.empty();
      bool theirs = false;
      for (const PublishedScore& score : published) {
        if (score.task != task || score.env_steps != step || score.kind == "quoted") continue;
        panel.rows.push_back(
            {score.method + (score.protocol.empty() ? "" : " †"), score.mean, score.std, -1});
        theirs = true;
      }
      if (!ours || !theirs) continue;  // nothing to compare with
      std::stable_sort(panel.rows.begin(), panel.rows.end(),
                       [](const ScoreRow& a, const ScoreRow& b) { return a.mean > b.mean; });
      panels.push_back(std::move(panel));
    }
  }
  return panels;
}

}  // namespace

Figure PublishedFigure(const Dataset& dataset, const Analysis& analysis, const Options& options,
                       const std::vector<PublishedScore>& published) {
  const std::vector<Panel> panels = MakePanels(dataset, analysis, options, published);
  if (panels.empty()) return {};
  double height = 20;
  double labels = 0;  // the widest name
  for (const Panel& panel : panels) {
    height += kRow * static_cast<double>(panel.rows.size()) + 92;
    for (const ScoreRow& row : panel.rows) {
      labels = std::min(kMostLabels, std::max(labels, TextWidth(row.name, 11.5) + 20));
    }
  }
  Svg svg(kFigureWidth, height, "Published scores");
  double top = 46;
  for (const Panel& panel : panels) {
    const auto count = static_cast<double>(panel.rows.size());
    double low = 0;
    double high = 0;
    for (const ScoreRow& row : panel.rows) {
      low = std::min(low, row.mean);
      high = std::max(high, row.mean);
    }
    const Plot plot(&svg, {labels, top}, kFigureWidth - labels - 130, kRow * count,
                    ScoreAxis(low, high, options.max_score), {0, count, "", nullptr});
    plot.Frame(panel.title);
    for (std::size_t i = 0; i < panel.rows.size(); ++i) {
      const ScoreRow& row = panel.rows[i];
      const bool ours = row.method >= 0;
      const MethodStyle style = ours ? StyleOf(static_cast<std::size_t>(row.method))
                                     : MethodStyle{kMuted, "", Marker::kCircle};
      const double y = count - static_cast<double>(i) - 0.5;
      const double baseline = plot.At(plot.x().low, y).y + 4;
      if (!std::isnan(row.std)) {
        svg.Line(plot.At(std::max(plot.x().low, row.mean - row.std), y),
                 plot.At(std::min(plot.x().high, row.mean + row.std), y),
                 {style.color, ours ? 2.6 : 1.4});
      }
      svg.Mark(plot.At(row.mean, y), style.marker, ours ? 5.5 : 4, style.color, !ours);
      svg.Text({labels - 10, baseline}, row.name, {11.5, "end", kInk, ours});
      svg.Text({kFigureWidth - 120, baseline},
               Fixed(row.mean, 0) + (std::isnan(row.std) ? "" : " ± " + Fixed(row.std, 0)),
               {11.5, "start", kInk, ours});
    }
    top += kRow * count + 92;
  }
  return {"published", "Among published scores",
          "Filled: this comparison; hollow: published. Mean ± standard deviation over seeds (not a "
          "confidence interval). † another protocol, named in the table.",
          svg.Finish()};
}

std::vector<Figure> MakeFigures(const Dataset& dataset, const Analysis& analysis,
                                const Options& options,
                                const std::vector<PublishedScore>& published,
                                const std::vector<ComparedCurve>& published_curves) {
  std::vector<Figure> figures;
  figures.push_back(StepCurvesFigure(dataset, analysis, options, published));
  if (!analysis.areas.empty()) figures.push_back(AreasFigure(dataset, analysis, options));
  if (!analysis.common_tasks.empty()) {
    figures.push_back(AggregatesFigure(dataset, analysis, options));
    figures.push_back(ProfilesFigure(dataset, analysis, options));
  }
  if (!analysis.pairs.empty()) figures.push_back(ImprovementFigure(analysis));
  if (!analysis.step_thresholds.empty()) {
    figures.push_back(ThresholdFigure(dataset, analysis, options));
  }
  if (!analysis.time_curves.empty()) {
    figures.push_back(TimeCurvesFigure(dataset, analysis, options));
  }
  Figure curves = PublishedCurvesFigure(dataset, analysis, options, published_curves);
  if (!curves.name.empty()) figures.push_back(std::move(curves));
  Figure among = PublishedFigure(dataset, analysis, options, published);
  if (!among.name.empty()) figures.push_back(std::move(among));
  return figures;
}

}  // namespace curl_rl::comparison
