// Learning curves: one run as a series, several runs on a common grid, the area under a curve.
#pragma once

#include <string>
#include <vector>

#include "experiments/comparison/statistics/bootstrap.h"

namespace curl_rl::comparison {

/// One run: x strictly increasing (env steps, or seconds), y the evaluation score there.
struct Series {
  std::vector<double> x;
  std::vector<double> y;
};

/// Several runs at the grid points where at least one has a value. All vectors [grid].
struct Curve {
  std::vector<double> x;
  std::vector<double> center;  // mean or IQM of the runs that have a value here
  std::vector<double> low;     // NaN where not all runs have a value, or with a single run
  std::vector<double> high;    //
  std::vector<int> runs;       // how many have a value here
};

enum class Center { kMean, kIqm };

double CenterOf(const std::vector<double>& values, Center center);

/// Linear between a run's own evaluations; NaN before the first and after the last.
double ValueAt(const Series& series, double x);

/// Every x at which any of the series has an evaluation.
std::vector<double> UnionGrid(const std::vector<Series>& series);

/// The curve of one method on one task. Replicates resample whole runs, the same at every x.
Curve MethodCurve(const std::vector<Series>& runs, const std::vector<double>& grid, Center center,
                  const BootstrapOptions& options, const std::string& label);

/// Mean of y over [from, to] (trapezoids over x, divided by to - from); NaN unless the series
/// covers it.
double MeanOver(const Series& series, double from, double to);

/// The mean of the last `window` evaluations at each evaluation. window <= 1: unchanged.
Series Smoothed(const Series& series, int window);

}  // namespace curl_rl::comparison
