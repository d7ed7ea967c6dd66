// Estimates as text.
#pragma once

#include <string>

#include "experiments/comparison/statistics/bootstrap.h"
#include "experiments/reports/number_text.h"

namespace curl_rl::comparison {

using reports::Exact, reports::Fixed, reports::Steps;

/// "[lo, hi]", or "—" without an interval.
std::string Interval(const Estimate& estimate, int decimals);

/// "712 [640, 790]".
std::string WithInterval(const Estimate& estimate, int decimals);

}  // namespace curl_rl::comparison
