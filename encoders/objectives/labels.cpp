// From rewards to bins of equal width.
#include "encoders/objectives/labels.h"

#include <cmath>
#include <sstream>
#include <stdexcept>

namespace curl_rl::encoders {

Labels::Labels(const LabelConfig& config, std::int64_t action_repeat)
    : config_(config), action_repeat_(action_repeat) {
  if (config.high > config.low) return;
  std::ostringstream message;
  message << "label.high: got " << config.high << ", allowed: above label.low, " << config.low;
  throw std::invalid_argument(message.str());
}

torch::Tensor Labels::Of(const replay::Batch& batch) const {
  // Another objective may have asked for more decisions; behind the episode's last there are zeros.
  const auto rewards = batch.at("horizon.reward").narrow(1, 0, horizon());
  const auto steps = batch.at("horizon.steps").clamp_max(horizon());
  const auto mean = rewards.sum(1) / (steps * action_repeat_).to(rewards.dtype());
  const auto bins = static_cast<double>(config_.bins);
  return ((mean - config_.low) * (bins / (config_.high - config_.low)))
      .floor()
      .clamp(0.0, bins - 1.0)
      .to(torch::kInt64);
}

torch::Tensor Labels::Entropy(const torch::Tensor& labels) const {
  const auto all = torch::arange(config_.bins, labels.options());
  const auto share = labels.unsqueeze(1).eq(all.unsqueeze(0)).to(torch::kFloat32).mean(0);
  return -torch::xlogy(share, share).sum() / std::log(static_cast<double>(config_.bins));
}

}  // namespace curl_rl::encoders
