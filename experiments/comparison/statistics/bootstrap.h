// The stratified bootstrap: runs are resampled with replacement inside each task.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "experiments/comparison/statistics/aggregates.h"

namespace curl_rl::comparison {

struct BootstrapOptions {
  int replicates = 50000;
  std::uint64_t seed = 1;
  int threads = 0;  // 0: all cores; the result does not depend on it
  double confidence = 0.95;
};

/// `values` [count, size]: row b holds the statistics of replicate b.
struct Replicates {
  std::size_t count = 0;
  std::size_t size = 0;
  std::vector<double> values;

  double at(std::size_t replicate, std::size_t index) const {
    return values[replicate * size + index];
  }
  std::vector<double> column(std::size_t index) const;
};

/// A point estimate with its confidence interval. No interval (a task with a single run): both NaN.
struct Estimate {
  double value = 0;
  double low = 0;
  double high = 0;

  bool has_interval() const;
};

/// Writes its values for the resampled strata to `out` [size]. Called from several threads at once.
using Statistic = std::function<void(const Strata& resampled, double* out)>;

/// Replicate b depends on (options.seed, label, b) alone.
Replicates StratifiedBootstrap(const Strata& strata, std::size_t size, const Statistic& statistic,
                               const BootstrapOptions& options, const std::string& label);

/// `value` with the percentile interval of one column; NaN replicates (undefined for that
/// resample, e.g. a median never reached) count as +infinity.
Estimate PercentileEstimate(double value, const Replicates& replicates, std::size_t index,
                            double confidence);

/// One stratum {0, 1, .., runs - 1}: for statistics of whole runs, which look the runs up by index.
std::vector<double> RunIndices(std::size_t runs);

/// Whether an interval can be had at all: every task has at least two runs.
bool CanResample(const Strata& strata);

/// The point estimates and intervals of `size` statistics that are read side by side: of the same
/// resamples.
std::vector<Estimate> BootstrapEstimates(const Strata& strata, std::size_t size,
                                         const Statistic& statistic,
                                         const BootstrapOptions& options, const std::string& label);

/// Those of one.
Estimate BootstrapEstimate(const Strata& strata, const std::function<double(const Strata&)>& scalar,
                           const BootstrapOptions& options, const std::string& label);

}  // namespace curl_rl::comparison
