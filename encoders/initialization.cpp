// Orthogonal and delta-orthogonal weights, biases of zero.
#include "encoders/initialization.h"

#include <torch/utils.h>

#include <cmath>

namespace curl_rl::encoders {

void InitOrthogonal(torch::Tensor weight, double gain, at::Generator stream) {
  torch::NoGradGuard no_grad;
  const auto rows = weight.size(0);
  const auto columns = weight.numel() / rows;
  auto gauss = torch::empty({rows, columns}).normal_(0.0, 1.0, std::move(stream));
  if (rows < columns) gauss = gauss.t();
  auto [q, r] = torch::linalg_qr(gauss, "reduced");
  // The factorisation is unique only up to signs; this choice makes the law uniform (Mezzadri
  // 2007).
  q = q * r.diagonal().sign();
  if (rows < columns) q = q.t();
  weight.copy_(q.reshape(weight.sizes()).mul(gain));
}

void InitDeltaOrthogonal(torch::Tensor weight, double gain, at::Generator stream) {
  torch::NoGradGuard no_grad;
  const auto centre = weight.size(2) / 2;
  weight.zero_();
  InitOrthogonal(weight.select(3, centre).select(2, centre), gain, std::move(stream));
}

void InitLinear(torch::nn::Linear& linear, at::Generator stream) {
  torch::NoGradGuard no_grad;
  InitOrthogonal(linear->weight, 1.0, std::move(stream));
  linear->bias.zero_();
}

void InitConv(torch::nn::Conv2d& conv, ConvInit scheme, at::Generator stream) {
  torch::NoGradGuard no_grad;
  const double gain = std::sqrt(2.0);  // of ReLU
  if (scheme == ConvInit::kDeltaOrthogonal) {
    InitDeltaOrthogonal(conv->weight, gain, std::move(stream));
  } else {
    InitOrthogonal(conv->weight, gain, std::move(stream));
  }
  conv->bias.zero_();
}

}  // namespace curl_rl::encoders
