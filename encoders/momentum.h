// The momentum (exponential moving average) update of slow copies: key encoder and target Q.
#pragma once

#include <torch/nn/module.h>

namespace curl_rl::encoders {

/// slow <- tau * online + (1 - tau) * slow, parameter by parameter, without gradient. Both modules
/// have the same parameters in the same order.
void MomentumUpdate(const torch::nn::Module& online, torch::nn::Module& slow, double tau);

/// Makes `slow` an exact copy of `online` that never gets a gradient.
void StartAsCopy(const torch::nn::Module& online, torch::nn::Module& slow);

}  // namespace curl_rl::encoders
