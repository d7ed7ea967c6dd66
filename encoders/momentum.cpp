// Moves every parameter of a slow copy a little towards that of its original, in place.
#include "encoders/momentum.h"

#include <torch/utils.h>

namespace curl_rl::encoders {

void MomentumUpdate(const torch::nn::Module& online, torch::nn::Module& slow, double tau) {
  torch::NoGradGuard no_grad;
  auto targets = slow.parameters();
  const auto sources = online.parameters();
  if (targets.empty()) return;  // state vectors: there is no encoder
  // One pass a list, not three kernels a tensor.
  torch::_foreach_mul_(targets, 1.0 - tau);
  torch::_foreach_add_(targets, sources, tau);
}

void StartAsCopy(const torch::nn::Module& online, torch::nn::Module& slow) {
  torch::NoGradGuard no_grad;
  auto targets = slow.parameters();
  const auto sources = online.parameters();
  TORCH_CHECK(targets.size() == sources.size(), "the copy has ", targets.size(),
              " parameters, the original ", sources.size());
  for (std::size_t i = 0; i < targets.size(); ++i) {
    targets[i].copy_(sources[i]);
    targets[i].set_requires_grad(false);
  }
}

}  // namespace curl_rl::encoders
