// Each loss as its formula, line by line.
#include "agents/sac_losses.h"

namespace curl_rl::agents {

torch::Tensor TargetQ(const torch::Tensor& reward, const torch::Tensor& bootstrap,
                      const TwinQ& target, const torch::Tensor& temperature,
                      const torch::Tensor& log_pi) {
  const auto value = torch::min(target.q1, target.q2) - temperature * log_pi;
  return reward + bootstrap * value;
}

torch::Tensor CriticLoss(const TwinQ& q, const torch::Tensor& target_q) {
  return torch::mse_loss(q.q1, target_q) + torch::mse_loss(q.q2, target_q);
}

torch::Tensor ActorLoss(const torch::Tensor& temperature, const torch::Tensor& log_pi,
                        const TwinQ& q) {
  return (temperature * log_pi - torch::min(q.q1, q.q2)).mean();
}

torch::Tensor TemperatureLoss(const torch::Tensor& log_alpha, const torch::Tensor& log_pi,
                              double target_entropy) {
  return (log_alpha.exp() * (-log_pi - target_entropy)).mean();
}

}  // namespace curl_rl::agents
