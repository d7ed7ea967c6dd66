// Inputs are copied to where the graphs read them.
#include "agents/recorded_acting.h"

namespace curl_rl::agents {

torch::Tensor RecordedActing::operator()(const torch::Tensor& observation,
                                         const torch::Tensor& noise) {
  if (!observation_.defined()) {
    observation_ = torch::empty_like(observation, torch::TensorOptions(device_));
    graphs_.Clear();
  }
  if (noise.defined() && !noise_.defined()) {
    noise_ = torch::empty_like(noise, torch::TensorOptions(device_));
  }
  if (observation_.sizes() != observation.sizes() ||
      observation_.scalar_type() != observation.scalar_type()) {
    return policy_(observation.to(device_), noise.defined() ? noise.to(device_) : noise);
  }
  observation_.copy_(observation, /*non_blocking=*/true);
  if (noise.defined()) noise_.copy_(noise, /*non_blocking=*/true);
  const auto result = graphs_.Run(noise.defined() ? 1 : 0, [&]() -> replay::NamedTensors {
    return {{"action", policy_(observation_, noise.defined() ? noise_ : torch::Tensor())}};
  });
  return result.at("action");
}

}  // namespace curl_rl::agents
