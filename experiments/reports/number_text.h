// Numbers as people read them and as files keep them, the same bytes in every locale.
#pragma once

#include <string>

namespace curl_rl::reports {

/// Rounded to `decimals`; "—" for NaN, "∞" for infinity, no "-0".
std::string Fixed(double value, int decimals);

/// The shortest text that reads back as the same double; empty for NaN. For CSV files.
std::string Exact(double value);

/// 500000 -> "500k", 1500000 -> "1.5M", 960 -> "960".
std::string Steps(double steps);

}  // namespace curl_rl::reports
