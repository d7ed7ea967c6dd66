// Reads a schedule and follows its pieces.
#include "agents/stddev_schedule.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace curl_rl::agents {
namespace {

[[noreturn]] void Refuse(const std::string& text) {
  throw std::invalid_argument("got '" + text +
                              "', allowed: NUMBER, linear(FROM,TO,DECISIONS) or "
                              "step_linear(FROM,TO,DECISIONS,TO,DECISIONS), values of at least 0, "
                              "more than 0 decisions");
}

// The numbers between commas. Blanks are left out before.
std::vector<double> Numbers(const std::string& list, const std::string& text) {
  std::vector<double> numbers;
  const char* at = list.data();
  const char* const end = at + list.size();
  for (;;) {
    double number = 0.0;
    const auto [stop, error] = std::from_chars(at, end, number);
    if (error != std::errc() || !std::isfinite(number) || number < 0.0) Refuse(text);
    numbers.push_back(number);
    if (stop == end) return numbers;
    if (*stop != ',') Refuse(text);
    at = stop + 1;
  }
}

}  // namespace

StddevSchedule::StddevSchedule(const std::string& text) {
  std::string plain;
  std::copy_if(text.begin(), text.end(), std::back_inserter(plain),
               [](char c) { return c != ' '; });
  const auto open = plain.find('(');
  if (open == std::string::npos) {
    const auto numbers = Numbers(plain, text);
    if (numbers.size() != 1) Refuse(text);
    start_ = numbers[0];
    return;
  }
  const auto kind = plain.substr(0, open);
  if (plain.back() != ')' || (kind != "linear" && kind != "step_linear")) Refuse(text);
  const auto numbers = Numbers(plain.substr(open + 1, plain.size() - open - 2), text);
  if (numbers.size() != (kind == "linear" ? 3u : 5u)) Refuse(text);
  start_ = numbers[0];
  for (std::size_t i = 1; i < numbers.size(); i += 2) {
    if (numbers[i + 1] == 0.0) Refuse(text);
    pieces_.push_back({numbers[i], numbers[i + 1]});
  }
}

double StddevSchedule::At(std::int64_t decisions) const {
  double from = start_;
  auto left = static_cast<double>(decisions);
  for (const auto& [to, duration] : pieces_) {
    if (left <= duration) {
      const double share = std::clamp(left / duration, 0.0, 1.0);
      return (1.0 - share) * from + share * to;
    }
    left -= duration;
    from = to;
  }
  return from;
}

}  // namespace curl_rl::agents
