// Performance profiles: the share of runs that score above a threshold, as a function of it.
#pragma once

#include <string>
#include <vector>

#include "experiments/comparison/statistics/bootstrap.h"

namespace curl_rl::comparison {

/// All vectors [thresholds]. Without an interval the bands are NaN.
struct Profile {
  std::vector<double> threshold;
  std::vector<double> share;       // F(tau) = mean over tasks of the share of runs > tau
  std::vector<double> point_low;   // holds at each single threshold with the confidence
  std::vector<double> point_high;  //
  std::vector<double> band_low;    // holds for the whole curve at once
  std::vector<double> band_high;   //
  double half_width = 0;           // of the simultaneous band
};

/// `count` + 1 thresholds from `low` to `high`.
std::vector<double> EvenThresholds(double low, double high, int count);

std::vector<double> ProfileShares(const Strata& scores, const std::vector<double>& thresholds);

/// The simultaneous band is F +- c, where c is the confidence quantile over the bootstrap of
/// sup |F_b - F|, cut to [0, 1].
Profile PerformanceProfile(const Strata& scores, const std::vector<double>& thresholds,
                           const BootstrapOptions& options, const std::string& label);

}  // namespace curl_rl::comparison
