// The reward shaping function of the DeepMind Control Suite (Tassa et al. 2018, arXiv 1801.00690).
#pragma once

#include <limits>

namespace curl_rl::envs {

/// A bound that is none.
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// How the value falls off outside the bounds.
enum class Sigmoid {
  kGaussian,
  kHyperbolic,
  kLongTail,
  kReciprocal,
  kCosine,
  kLinear,
  kQuadratic,
  kTanhSquared
};

/// What `Tolerance` takes besides x and the bounds.
struct Falloff {
  double margin = 0.0;  // distance from the bounds at which `value_at_margin` is reached; 0: a step
  double value_at_margin = 0.1;
  Sigmoid sigmoid = Sigmoid::kGaussian;
};

/// 1 where lower <= x <= upper (either may be infinite), falling from 1 towards 0 with the distance
/// to the nearer bound. Throws std::invalid_argument if lower > upper, margin < 0 or not finite, or
/// value_at_margin is outside the sigmoid's domain: ]0, 1[, for cosine, linear and quadratic [0,
/// 1[.
double Tolerance(double x, double lower, double upper, const Falloff& falloff = {});

}  // namespace curl_rl::envs
