// Numbers as text, the same bytes in every locale.
#pragma once

#include <cstdint>
#include <string>

#include "experiments/comparison/statistics/bootstrap.h"

namespace curl_rl::comparison {

/// Rounded to `decimals`; "—" for NaN, "∞" for infinity, no "-0".
std::string Fixed(double value, int decimals);

/// The shortest text that reads back as the same double; empty for NaN. For CSV files.
std::string Exact(double value);

/// 500000 -> "500k", 1500000 -> "1.5M", 960 -> "960".
std::string Steps(double steps);

/// "[lo, hi]", or "—" without an interval.
std::string Interval(const Estimate& estimate, int decimals);

/// "712 [640, 790]".
std::string WithInterval(const Estimate& estimate, int decimals);

}  // namespace curl_rl::comparison
