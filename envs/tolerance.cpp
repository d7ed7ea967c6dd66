// How fast a reward falls outside its interval, one formula a sigmoid.
#include "envs/tolerance.h"

#include <cmath>
#include <stdexcept>
#include <string>

namespace curl_rl::envs {
namespace {

bool ReachesZero(Sigmoid sigmoid) {
  return sigmoid == Sigmoid::kCosine || sigmoid == Sigmoid::kLinear ||
         sigmoid == Sigmoid::kQuadratic;
}

void Check(double lower, double upper, const Falloff& falloff) {
  if (!(lower <= upper)) {
    throw std::invalid_argument("tolerance: lower bound " + std::to_string(lower) +
                                " is not at or below upper bound " + std::to_string(upper));
  }
  if (!(falloff.margin >= 0.0) || std::isinf(falloff.margin)) {
    throw std::invalid_argument("tolerance: margin must be finite and not negative, got " +
                                std::to_string(falloff.margin));
  }
  const double value = falloff.value_at_margin;
  const bool zero_allowed = ReachesZero(falloff.sigmoid);
  if (!(value < 1.0) || !(zero_allowed ? value >= 0.0 : value > 0.0)) {
    throw std::invalid_argument("tolerance: value_at_margin must be in " +
                                std::string(zero_allowed ? "[0, 1[" : "]0, 1[") + ", got " +
                                std::to_string(value));
  }
}

// 1 at distance 0, `value` at distance 1.
double Decay(double distance, double value, Sigmoid sigmoid) {
  switch (sigmoid) {
    case Sigmoid::kGaussian: {
      const double scaled = distance * std::sqrt(-2.0 * std::log(value));
      return std::exp(-0.5 * (scaled * scaled));
    }
    case Sigmoid::kHyperbolic:
      return 1.0 / std::cosh(distance * std::acosh(1.0 / value));
    case Sigmoid::kLongTail: {
      const double scaled = distance * std::sqrt(1.0 / value - 1.0);
      return 1.0 / (scaled * scaled + 1.0);
    }
    case Sigmoid::kReciprocal:
      return 1.0 / (std::abs(distance) * (1.0 / value - 1.0) + 1.0);
    case Sigmoid::kCosine: {
      const double pi = std::acos(-1.0);
      const double scaled = distance * (std::acos(2.0 * value - 1.0) / pi);
      return std::abs(scaled) < 1.0 ? (1.0 + std::cos(pi * scaled)) / 2.0 : 0.0;
    }
    case Sigmoid::kLinear: {
      const double scaled = distance * (1.0 - value);
      return std::abs(scaled) < 1.0 ? 1.0 - scaled : 0.0;
    }
    case Sigmoid::kQuadratic: {
      const double scaled = distance * std::sqrt(1.0 - value);
      return std::abs(scaled) < 1.0 ? 1.0 - scaled * scaled : 0.0;
    }
    case Sigmoid::kTanhSquared: {
      const double root = std::tanh(distance * std::atanh(std::sqrt(1.0 - value)));
      return 1.0 - root * root;
    }
  }
  throw std::invalid_argument("tolerance: unknown sigmoid " +
                              std::to_string(static_cast<int>(sigmoid)));
}

}  // namespace

double Tolerance(double x, double lower, double upper, const Falloff& falloff) {
  Check(lower, upper, falloff);
  if (lower <= x && x <= upper) return 1.0;
  if (falloff.margin == 0.0) return 0.0;
  const double distance = (x < lower ? lower - x : x - upper) / falloff.margin;
  return Decay(distance, falloff.value_at_margin, falloff.sigmoid);
}

}  // namespace curl_rl::envs
