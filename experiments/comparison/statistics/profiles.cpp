// Counts the runs above each threshold, with bootstrap bands.
#include "experiments/comparison/statistics/profiles.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace curl_rl::comparison {

std::vector<double> EvenThresholds(double low, double high, int count) {
  std::vector<double> thresholds;
  for (int i = 0; i <= count; ++i) thresholds.push_back(low + (high - low) * i / count);
  return thresholds;
}

std::vector<double> ProfileShares(const Strata& scores, const std::vector<double>& thresholds) {
  std::vector<double> shares(thresholds.size(), 0.0);
  for (const std::vector<double>& runs : scores) {
    const double weight = 1.0 / static_cast<double>(scores.size() * runs.size());
    for (double score : runs) {
      // Thresholds ascend: the first that is not exceeded ends the run's share.
      for (std::size_t t = 0; t < thresholds.size() && score > thresholds[t]; ++t) {
        shares[t] += weight;
      }
    }
  }
  return shares;
}

Profile PerformanceProfile(const Strata& scores, const std::vector<double>& thresholds,
                           const BootstrapOptions& options, const std::string& label) {
  Profile profile;
  profile.threshold = thresholds;
  profile.share = ProfileShares(scores, thresholds);
  const std::size_t size = thresholds.size();
  const std::vector<double> unknown(size, std::numeric_limits<double>::quiet_NaN());
  profile.point_low = profile.point_high = profile.band_low = profile.band_high = unknown;
  profile.half_width = unknown.empty() ? 0 : unknown.front();
  if (!CanResample(scores)) return profile;

  const Replicates replicates = StratifiedBootstrap(
      scores, size,
      [&](const Strata& resampled, double* out) {
        const std::vector<double> shares = ProfileShares(resampled, thresholds);
        std::copy(shares.begin(), shares.end(), out);
      },
      options, label);
  // The band for the whole curve: as wide as the largest deviation that 95 % of replicates stay in.
  std::vector<double> deviation(replicates.count, 0.0);
  for (std::size_t b = 0; b < replicates.count; ++b) {
    for (std::size_t t = 0; t < size; ++t) {
      deviation[b] = std::max(deviation[b], std::abs(replicates.at(b, t) - profile.share[t]));
    }
  }
  profile.half_width = Quantile(&deviation, options.confidence);
  for (std::size_t t = 0; t < size; ++t) {
    const Estimate point = PercentileEstimate(profile.share[t], replicates, t, options.confidence);
    profile.point_low[t] = point.low;
    profile.point_high[t] = point.high;
    // A share cannot leave [0, 1].
    profile.band_low[t] = std::max(0.0, profile.share[t] - profile.half_width);
    profile.band_high[t] = std::min(1.0, profile.share[t] + profile.half_width);
  }
  return profile;
}

}  // namespace curl_rl::comparison
