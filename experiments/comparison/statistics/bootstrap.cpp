// Draws the replicates, on all threads the same, and takes percentiles of them.
#include "experiments/comparison/statistics/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <thread>

#include "experiments/comparison/statistics/random_stream.h"

namespace curl_rl::comparison {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

void RunReplicates(const Strata& strata, const Statistic& statistic, std::uint64_t label_key,
                   std::size_t begin, std::size_t end, Replicates* result) {
  Strata resampled = strata;
  for (std::size_t b = begin; b < end; ++b) {
    // A stream for each replicate: which thread draws it decides nothing.
    RandomStream stream(ReplicateKey(label_key, b));
    for (std::size_t task = 0; task < strata.size(); ++task) {
      for (double& score : resampled[task]) score = strata[task][stream.Below(strata[task].size())];
    }
    statistic(resampled, result->values.data() + b * result->size);
  }
}

}  // namespace

std::vector<double> Replicates::column(std::size_t index) const {
  std::vector<double> result(count);
  for (std::size_t b = 0; b < count; ++b) result[b] = at(b, index);
  return result;
}

bool Estimate::has_interval() const { return !std::isnan(low); }

Replicates StratifiedBootstrap(const Strata& strata, std::size_t size, const Statistic& statistic,
                               const BootstrapOptions& options, const std::string& label) {
  Replicates result;
  result.count = static_cast<std::size_t>(options.replicates);
  result.size = size;
  result.values.resize(result.count * size);
  const auto cores = std::max(1u, std::thread::hardware_concurrency());
  const std::size_t workers =
      options.threads > 0 ? static_cast<std::size_t>(options.threads) : cores;
  const std::uint64_t label_key = LabelKey(options.seed, label);
  // Each worker owns a block of replicates; no number depends on where the blocks end.
  std::vector<std::thread> threads;
  for (std::size_t w = 0; w < workers; ++w) {
    const std::size_t begin = result.count * w / workers;
    const std::size_t end = result.count * (w + 1) / workers;
    if (begin == end) continue;
    threads.emplace_back(RunReplicates, std::cref(strata), std::cref(statistic), label_key, begin,
                         end, &result);
  }
  for (std::thread& thread : threads) thread.join();
  return result;
}

Estimate PercentileEstimate(double value, const Replicates& replicates, std::size_t index,
                            double confidence) {
  std::vector<double> values = replicates.column(index);
  // No value means "never reached", which lies beyond every time: dropping such replicates would
  // make a method that sometimes fails look fast.
  for (double& x : values) {
    if (std::isnan(x)) x = std::numeric_limits<double>::infinity();
  }
  const auto quantile = [&](double q) {
    const double result = Quantile(&values, q);
    // inf - inf between two infinite order statistics
    return std::isnan(result) ? std::numeric_limits<double>::infinity() : result;
  };
  return {value, quantile((1 - confidence) / 2), quantile((1 + confidence) / 2)};
}

// Where a run is more than a number (a curve, a passage) its index is resampled in its place.
std::vector<double> RunIndices(std::size_t runs) {
  std::vector<double> indices(runs);
  std::iota(indices.begin(), indices.end(), 0.0);
  return indices;
}

// One run resampled is itself every time: an interval without width would claim certainty.
bool CanResample(const Strata& strata) {
  return !strata.empty() &&
         std::all_of(strata.begin(), strata.end(),
                     [](const std::vector<double>& runs) { return runs.size() >= 2; });
}

std::vector<Estimate> BootstrapEstimates(const Strata& strata, std::size_t size,
                                         const Statistic& statistic,
                                         const BootstrapOptions& options,
                                         const std::string& label) {
  std::vector<double> values(size);
  statistic(strata, values.data());
  std::vector<Estimate> estimates;
  for (const double value : values) estimates.push_back({value, kNaN, kNaN});
  if (!CanResample(strata)) return estimates;
  const Replicates replicates = StratifiedBootstrap(strata, size, statistic, options, label);
  for (std::size_t i = 0; i < size; ++i) {
    estimates[i] = PercentileEstimate(values[i], replicates, i, options.confidence);
  }
  return estimates;
}

Estimate BootstrapEstimate(const Strata& strata, const std::function<double(const Strata&)>& scalar,
                           const BootstrapOptions& options, const std::string& label) {
  const auto statistic = [&](const Strata& drawn, double* out) { *out = scalar(drawn); };
  return BootstrapEstimates(strata, 1, statistic, options, label).front();
}

}  // namespace curl_rl::comparison
