// The figures of a comparison, each one SVG.
#pragma once

#include <string>
#include <vector>

#include "experiments/comparison/input/published.h"
#include "experiments/comparison/statistics/analysis.h"

namespace curl_rl::comparison {

struct Figure {
  std::string name;  // of the file, without its ending
  std::string title;
  std::string caption;  // how to read it: what the marks, bands and numbers are
  std::string svg;
};

/// One panel a task. Published CURL scores (may be empty) are drawn as marks.
Figure StepCurvesFigure(const Dataset& dataset, const Analysis& analysis, const Options& options,
                        const std::vector<PublishedScore>& published);

/// The same against hours of wall-clock time. Needs analysis.time_curves.
Figure TimeCurvesFigure(const Dataset& dataset, const Analysis& analysis, const Options& options);

/// IQM, mean, median, optimality gap and area across tasks, with intervals.
Figure AggregatesFigure(const Dataset& dataset, const Analysis& analysis, const Options& options);

Figure ProfilesFigure(const Dataset& dataset, const Analysis& analysis, const Options& options);

/// P(a > b) of every pair, by task and across tasks.
Figure ImprovementFigure(const Analysis& analysis);

/// Share of runs that reached the first threshold, by env steps. One panel a task.
Figure ThresholdFigure(const Dataset& dataset, const Analysis& analysis, const Options& options);

/// Ours and the published scores, sorted, at each step of `--at`. One panel a task and step;
/// empty name if there is nothing to show.
Figure PublishedFigure(const Dataset& dataset, const Analysis& analysis, const Options& options,
                       const std::vector<PublishedScore>& published);

/// Every figure that the data allow.
std::vector<Figure> MakeFigures(const Dataset& dataset, const Analysis& analysis,
                                const Options& options,
                                const std::vector<PublishedScore>& published);

}  // namespace curl_rl::comparison
