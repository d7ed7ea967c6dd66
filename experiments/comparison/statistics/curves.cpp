// Interpolates, aligns, smooths and integrates series.
#include "experiments/comparison/statistics/curves.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace curl_rl::comparison {
namespace {

constexpr double kNotMeasured = std::numeric_limits<double>::quiet_NaN();

}  // namespace

double CenterOf(const std::vector<double>& values, Center center) {
  return center == Center::kMean ? Mean(values) : AggregateIqm({values}, IqmKind::kRliable);
}

double ValueAt(const Series& series, double x) {
  const std::vector<double>& xs = series.x;
  if (xs.empty() || x < xs.front() || x > xs.back())
    return kNotMeasured;  // never beyond what was measured
  const auto above = std::lower_bound(xs.begin(), xs.end(), x);
  const auto i = static_cast<std::size_t>(above - xs.begin());
  if (xs[i] == x) return series.y[i];
  const double share = (x - xs[i - 1]) / (xs[i] - xs[i - 1]);
  return series.y[i - 1] + share * (series.y[i] - series.y[i - 1]);
}

// Every step at which some run was evaluated: no measured point is passed over.
std::vector<double> UnionGrid(const std::vector<Series>& series) {
  std::set<double> grid;
  for (const Series& one : series) grid.insert(one.x.begin(), one.x.end());
  return {grid.begin(), grid.end()};
}

Curve MethodCurve(const std::vector<Series>& runs, const std::vector<double>& grid, Center center,
                  const BootstrapOptions& options, const std::string& label) {
  Curve curve;
  std::vector<std::vector<double>> values;  // [grid of the curve][runs that have a value there]
  for (double x : grid) {
    std::vector<double> here;
    for (const Series& run : runs) {
      const double value = ValueAt(run, x);
      if (!std::isnan(value)) here.push_back(value);
    }
    if (here.empty()) continue;
    curve.x.push_back(x);
    curve.center.push_back(CenterOf(here, center));
    curve.runs.push_back(static_cast<int>(here.size()));
    values.push_back(std::move(here));
  }
  const std::size_t size = curve.x.size();
  curve.low.assign(size, kNotMeasured);
  curve.high.assign(size, kNotMeasured);
  if (runs.size() < 2) return curve;

  // Where every run has a value, values[i] is in the order of the runs, so one resample of run
  // indices serves the whole curve.
  const auto complete = [&](std::size_t i) { return values[i].size() == runs.size(); };
  const Replicates replicates = StratifiedBootstrap(
      {RunIndices(runs.size())}, size,
      [&](const Strata& resampled, double* out) {
        std::vector<double> drawn(runs.size());
        for (std::size_t i = 0; i < size; ++i) {
          if (!complete(i)) continue;
          for (std::size_t r = 0; r < runs.size(); ++r) {
            drawn[r] = values[i][static_cast<std::size_t>(resampled[0][r])];
          }
          out[i] = CenterOf(drawn, center);
        }
      },
      options, label);
  // Where some run has ended the survivors are another, luckier sample: no band there.
  for (std::size_t i = 0; i < size; ++i) {
    if (!complete(i)) continue;
    const Estimate band = PercentileEstimate(curve.center[i], replicates, i, options.confidence);
    curve.low[i] = band.low;
    curve.high[i] = band.high;
  }
  return curve;
}

double MeanOver(const Series& series, double from, double to) {
  const double first = ValueAt(series, from);
  const double last = ValueAt(series, to);
  if (std::isnan(first) || std::isnan(last) || !(to > from)) return kNotMeasured;
  // Trapezoids; the ends lie between evaluations and are interpolated.
  double area = 0;
  double x = from;
  double y = first;
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    if (series.x[i] <= from || series.x[i] >= to) continue;
    area += (series.x[i] - x) * (series.y[i] + y) / 2;
    x = series.x[i];
    y = series.y[i];
  }
  area += (to - x) * (last + y) / 2;
  return area / (to - from);
}

// A trailing mean: what is drawn at a step uses nothing that came after it.
Series Smoothed(const Series& series, int window) {
  if (window <= 1) return series;
  Series result = series;
  for (std::size_t i = 0; i < series.y.size(); ++i) {
    const std::size_t begin =
        i + 1 >= static_cast<std::size_t>(window) ? i + 1 - static_cast<std::size_t>(window) : 0;
    double sum = 0;
    for (std::size_t j = begin; j <= i; ++j) sum += series.y[j];
    result.y[i] = sum / static_cast<double>(i + 1 - begin);
  }
  return result;
}

}  // namespace curl_rl::comparison
