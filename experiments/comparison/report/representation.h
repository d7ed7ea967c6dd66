// What a comparison shows of representations: probes beside returns, and metrics of training.
#pragma once

#include <vector>

#include "experiments/comparison/report/figures.h"
#include "experiments/comparison/report/tables.h"
#include "experiments/comparison/statistics/methods.h"
#include "experiments/comparison/statistics/options.h"

namespace curl_rl::comparison {

/// Whether any run was probed; whether any has metrics of its representation.
bool AnyProbe(const Dataset& dataset);
bool AnyMetric(const Dataset& dataset);

/// One row a probed run: the return at the probed step, and what the probe measured there.
Table ProbeTable(const Dataset& dataset);

/// Of every task and measure that three runs have, Spearman's correlation with the return over the
/// probed runs.
Table ProbeRelationTable(const Dataset& dataset, const Options& options);

/// The return of every probed run over the R² of its encoder. One panel a task.
Figure ProbeFigure(const Dataset& dataset, const Options& options);

/// Accuracy, alignment, uniformity and participation ratio over env steps. One panel a task and
/// metric.
Figure MetricsFigure(const Dataset& dataset);

/// The numbers behind it: every run's, thinned as drawn.
Table MetricData(const Dataset& dataset);

}  // namespace curl_rl::comparison
