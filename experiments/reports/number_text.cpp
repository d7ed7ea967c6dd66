// Fixed decimals, shortest decimals, 500k for 500,000.
#include "experiments/reports/number_text.h"

#include <array>
#include <charconv>
#include <cmath>

namespace curl_rl::reports {

std::string Fixed(double value, int decimals) {
  if (std::isnan(value)) return "—";
  if (std::isinf(value)) return value > 0 ? "∞" : "−∞";
  std::array<char, 400> buffer{};  // 309 digits before the point at most
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::fixed, decimals)
                       .ptr;
  std::string text(buffer.data(), end);
  const bool zero = text.find_first_not_of("-0.") == std::string::npos;
  return zero && text.front() == '-' ? text.substr(1) : text;
}

std::string Exact(double value) {
  if (std::isnan(value)) return "";
  std::array<char, 64> buffer{};
  return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr};
}

std::string Steps(double steps) {
  const auto trimmed = [](std::string text) {
    if (text.find('.') == std::string::npos) return text;
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text;
  };
  if (std::isnan(steps) || std::isinf(steps)) return Fixed(steps, 0);
  if (steps >= 1e6) return trimmed(Fixed(steps / 1e6, 2)) + "M";
  if (steps >= 1e3) return trimmed(Fixed(steps / 1e3, steps >= 1e4 ? 0 : 1)) + "k";
  return trimmed(Fixed(steps, 0));
}

}  // namespace curl_rl::reports
