// Draws actions by reparameterisation and gives their log-probability with tanh's correction.
#include "agents/squashed_gaussian.h"

#include <cmath>

namespace curl_rl::agents {
namespace {

const double kLog2Pi = std::log(2.0 * M_PI);

}  // namespace

PolicySample SampleSquashedGaussian(const GaussianParameters& gaussian, const torch::Tensor& noise,
                                    const SquashedGaussianOptions& options) {
  const double half_range = 0.5 * (options.log_std_max - options.log_std_min);
  PolicySample sample;
  sample.log_std = options.log_std_min + half_range * (gaussian.raw_log_std.tanh() + 1.0);
  const auto unsquashed = gaussian.mean + noise * sample.log_std.exp();
  sample.mean = gaussian.mean.tanh();
  sample.action = unsquashed.tanh();

  const auto action_size = static_cast<double>(noise.size(1));
  const auto log_gauss =
      (-0.5 * noise.pow(2) - sample.log_std).sum(1, /*keepdim=*/true) - 0.5 * action_size * kLog2Pi;
  // Change of variables: minus the sum of ln |d tanh(u) / du|.
  const auto log_slope =
      options.log_prob == LogProb::kExact
          ? 2.0 * (std::log(2.0) - unsquashed - torch::softplus(-2.0 * unsquashed))
          : torch::log(torch::relu(1.0 - sample.action.pow(2)) + 1e-6);
  sample.log_pi = log_gauss - log_slope.sum(1, /*keepdim=*/true);
  return sample;
}

torch::Tensor GaussianEntropies(const torch::Tensor& log_std) {
  return (0.5 * (1.0 + kLog2Pi) + log_std).sum(1);
}

torch::Tensor GaussianEntropy(const torch::Tensor& log_std) {
  return GaussianEntropies(log_std).mean();
}

}  // namespace curl_rl::agents
