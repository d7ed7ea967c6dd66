// How much two measures of the same runs order them alike.
#pragma once

#include <string>
#include <vector>

#include "experiments/comparison/statistics/bootstrap.h"

namespace curl_rl::comparison {

/// Spearman's rank correlation of x and y [n], the correlation of their ranks, ties at their mean
/// rank: 1, one order; -1, the opposite one. NaN for fewer than 3 pairs, or where either is
/// constant.
double Spearman(const std::vector<double>& x, const std::vector<double>& y);

/// The same with its interval: pairs are resampled. No interval below 5 pairs.
Estimate SpearmanEstimate(const std::vector<double>& x, const std::vector<double>& y,
                          const BootstrapOptions& options, const std::string& label);

}  // namespace curl_rl::comparison
