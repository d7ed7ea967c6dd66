// Ranks with ties at their mean, and the product-moment correlation of them (Spearman 1904).
#include "experiments/comparison/statistics/rank_correlation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace curl_rl::comparison {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kFewest = 3;       // of two pairs it is always 1 or -1
constexpr std::size_t kFewestDrawn = 5;  // as for every interval: fewer pairs say nothing

std::vector<double> Ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin + 1;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    const double rank = static_cast<double>(begin + end - 1) / 2.0;
    for (; begin < end; ++begin) ranks[order[begin]] = rank;
  }
  return ranks;
}

}  // namespace

double Spearman(const std::vector<double>& x, const std::vector<double>& y) {
  if (x.size() < kFewest) return kNone;
  const std::vector<double> a = Ranks(x);
  const std::vector<double> b = Ranks(y);
  const double mean = static_cast<double>(x.size() - 1) / 2.0;
  double product = 0, a_squares = 0, b_squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    product += (a[i] - mean) * (b[i] - mean);
    a_squares += (a[i] - mean) * (a[i] - mean);
    b_squares += (b[i] - mean) * (b[i] - mean);
  }
  if (a_squares == 0 || b_squares == 0) return kNone;
  return product / std::sqrt(a_squares * b_squares);
}

Estimate SpearmanEstimate(const std::vector<double>& x, const std::vector<double>& y,
                          const BootstrapOptions& options, const std::string& label) {
  const double value = Spearman(x, y);
  if (std::isnan(value) || x.size() < kFewestDrawn) return {value, kNone, kNone};
  const auto of_drawn = [&](const Strata& drawn) {
    std::vector<double> a, b;
    for (const double index : drawn.front()) {
      a.push_back(x[static_cast<std::size_t>(index)]);
      b.push_back(y[static_cast<std::size_t>(index)]);
    }
    const double correlation = Spearman(a, b);
    return std::isnan(correlation) ? 0.0 : correlation;  // one run drawn throughout orders nothing
  };
  return BootstrapEstimate({RunIndices(x.size())}, of_drawn, options, label);
}

}  // namespace curl_rl::comparison
