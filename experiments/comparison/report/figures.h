// The figures of a comparison, each one SVG.
#pragma once

#include <string>
#include <vector>

#include "experiments/comparison/input/published.h"
#include "experiments/comparison/report/published_curves.h"
#include "experiments/comparison/statistics/analysis.h"
#include "experiments/reports/page.h"
#include "experiments/reports/plot.h"

namespace curl_rl::comparison {

using reports::Figure;

/// One panel a task, or, of more than eight methods, a small one each among the others in grey. In
/// one panel published CURL scores (may be empty) are drawn as marks.
Figure StepCurvesFigure(const Dataset& dataset, const Analysis& analysis, const Options& options,
                        const std::vector<PublishedScore>& published);

/// The same against hours of wall-clock time. Needs analysis.time_curves.
Figure TimeCurvesFigure(const Dataset& dataset, const Analysis& analysis, const Options& options);

/// The curves of many methods: a small panel of task and method, the task's other methods in grey.
/// `x_axis` says what its steps are; it ends with the task's runs.
std::string SmallMultiples(const Dataset& dataset, const std::vector<MethodCurves>& all,
                           const Options& options, const reports::Axis& x_axis);

/// Mean return during training, the methods of a task from the best on. Needs analysis.areas.
Figure AreasFigure(const Dataset& dataset, const Analysis& analysis, const Options& options);

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

/// Ours among the published curves: of a task, a panel with those of the same protocol and one with
/// the others; empty name if there is nothing to show.
Figure PublishedCurvesFigure(const Dataset& dataset, const Analysis& analysis,
                             const Options& options, const std::vector<ComparedCurve>& published);

/// Every figure that the data allow.
std::vector<Figure> MakeFigures(const Dataset& dataset, const Analysis& analysis,
                                const Options& options,
                                const std::vector<PublishedScore>& published,
                                const std::vector<ComparedCurve>& published_curves);

}  // namespace curl_rl::comparison
