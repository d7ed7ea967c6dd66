// The policy's distribution: a Gaussian squashed by tanh into [-1, 1] (Haarnoja et al. 2018,
// app. C).
#pragma once

#include <torch/types.h>

#include "agents/agent_config.h"
#include "agents/networks.h"

namespace curl_rl::agents {

struct SquashedGaussianOptions {
  double log_std_min = -10.0;
  double log_std_max = 2.0;
  LogProb log_prob = LogProb::kReference;  // its forms: agent_config.h
};

/// A sample and what is known of it. All float32.
struct PolicySample {
  torch::Tensor mean;     // [B, A] tanh(mu): the action without noise
  torch::Tensor action;   // [B, A] tanh(mu + exp(log_std) * noise)
  torch::Tensor log_pi;   // [B, 1] log density of `action`
  torch::Tensor log_std;  // [B, A]
};

/// `noise` [B, A]: standard normal.
PolicySample SampleSquashedGaussian(const GaussianParameters& gaussian, const torch::Tensor& noise,
                                    const SquashedGaussianOptions& options);

/// Entropies [B] in nats of the Gaussians before squashing: A/2 (1 + ln 2 pi) + sum log_std.
torch::Tensor GaussianEntropies(const torch::Tensor& log_std);

/// Their mean.
torch::Tensor GaussianEntropy(const torch::Tensor& log_std);

}  // namespace curl_rl::agents
