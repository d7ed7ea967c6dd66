// Reads observations into tensors and keeps the newest of them.
#include "experiments/play/observer.h"

#include <algorithm>
#include <stdexcept>

namespace curl_rl::experiments {

Observer::Observer(const ExperimentConfig& config, const envs::ObservationSpec& spec)
    : stack_(config.frame_stack) {
  if (config.observation == Observation::kPixels) {
    shape_ = {spec.height, spec.width, spec.channels};
    newest_ = torch::empty(shape_, torch::kUInt8);
  } else {
    shape_ = {spec.state_size()};
    state_.resize(static_cast<std::size_t>(spec.state_size()));
    newest_ = torch::empty(shape_, torch::kFloat32);
  }
}

void Observer::Look(envs::Environment& environment, bool first) {
  if (state_.empty()) {
    environment.Observe(newest_.data_ptr<std::uint8_t>());
  } else {
    environment.ObserveState(state_.data());
    std::transform(state_.begin(), state_.end(), newest_.data_ptr<float>(),
                   [](double value) { return static_cast<float>(value); });
  }
  first ? stack_.Reset(newest_) : stack_.Push(newest_);
}

torch::Tensor Observer::Save() const {
  const auto& observations = stack_.observations();
  return observations.empty() ? torch::Tensor() : torch::stack(observations);
}

void Observer::Load(const torch::Tensor& observations) {
  const auto frames = observations.unbind(0);
  if (frames.empty() || frames.front().sizes() != newest_.sizes() ||
      frames.front().scalar_type() != newest_.scalar_type()) {
    throw std::runtime_error("saved environment: its frames are not those of this task");
  }
  stack_.Reset(frames.front());
  for (const auto& frame : frames) stack_.Push(frame);
  newest_.copy_(frames.back());
}

std::vector<std::vector<double>> ActionsOf(const torch::Tensor& actions) {
  const auto rows = actions.contiguous();
  const auto* data = rows.data_ptr<double>();
  std::vector<std::vector<double>> list;
  for (std::int64_t n = 0; n < rows.size(0); ++n, data += rows.size(1)) {
    list.emplace_back(data, data + rows.size(1));
  }
  return list;
}

std::vector<double> FirstAction(const torch::Tensor& actions) {
  return ActionsOf(actions.narrow(0, 0, 1)).front();
}

}  // namespace curl_rl::experiments
