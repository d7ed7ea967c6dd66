// Intervals in brackets.
#include "experiments/comparison/statistics/format.h"

namespace curl_rl::comparison {

std::string Interval(const Estimate& estimate, int decimals) {
  if (!estimate.has_interval()) return "—";
  return "[" + Fixed(estimate.low, decimals) + ", " + Fixed(estimate.high, decimals) + "]";
}

std::string WithInterval(const Estimate& estimate, int decimals) {
  const std::string value = Fixed(estimate.value, decimals);
  return estimate.has_interval() ? value + " " + Interval(estimate, decimals) : value;
}

}  // namespace curl_rl::comparison
