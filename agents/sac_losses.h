// Soft actor-critic losses (Haarnoja et al. 2018) as pure functions of tensors.
#pragma once

#include <torch/types.h>

#include "agents/networks.h"

namespace curl_rl::agents {

/// reward + bootstrap * (min(target q1, target q2) - temperature * log_pi), [B, 1]; `bootstrap`:
/// the discount, 0 where the task ended.
torch::Tensor TargetQ(const torch::Tensor& reward, const torch::Tensor& bootstrap,
                      const TwinQ& target, const torch::Tensor& temperature,
                      const torch::Tensor& log_pi);

/// mean (q1 - target_q)^2 + mean (q2 - target_q)^2, a scalar.
torch::Tensor CriticLoss(const TwinQ& q, const torch::Tensor& target_q);

/// mean(temperature * log_pi - min(q1, q2)), a scalar. `temperature` carries no gradient.
torch::Tensor ActorLoss(const torch::Tensor& temperature, const torch::Tensor& log_pi,
                        const TwinQ& q);

/// mean(exp(log_alpha) * (-log_pi - target_entropy)), a scalar. The gradient goes through exp, as
/// in the reference; `log_pi` carries none.
torch::Tensor TemperatureLoss(const torch::Tensor& log_alpha, const torch::Tensor& log_pi,
                              double target_entropy);

}  // namespace curl_rl::agents
