#include "experiments/agent_view.h"

#include <algorithm>
#include <stdexcept>

namespace curl_rl::experiments {
namespace {

envs::EnvironmentOptions OptionsOf(const ExperimentConfig& config, std::uint32_t seed) {
  envs::EnvironmentOptions options;
  options.seed = seed;
  options.pixels = config.observation == "pixels";
  options.image_size = static_cast<int>(config.environment.image_size);
  options.render.camera_id = static_cast<int>(config.environment.camera_id);
  options.render.samples = static_cast<int>(config.environment.samples);
  options.render.slices = static_cast<int>(config.environment.slices);
  options.render.stacks = static_cast<int>(config.environment.stacks);
  options.render.shadow_size = static_cast<int>(config.environment.shadow_size);
  options.render.shadows = config.environment.shadows;
  options.render.reflections = config.environment.reflections;
  return options;
}

}  // namespace

AgentView::AgentView(const ExperimentConfig& config, std::uint32_t seed)
    : environment_(envs::Make(config.task, OptionsOf(config, seed))),
      action_repeat_(config.action_repeat),
      stack_(config.frame_stack) {
  const auto& spec = environment_->observation_spec();
  if (config.observation == "pixels") {
    shape_ = {spec.height, spec.width, spec.channels};
    observation_ = torch::zeros(shape_, torch::kUInt8);
  } else {
    shape_ = {spec.state_size()};
    state_.resize(static_cast<std::size_t>(spec.state_size()));
    observation_ = torch::zeros(shape_, torch::kFloat32);
  }
}

void AgentView::Observe() {
  if (state_.empty()) {
    environment_->Observe(observation_.data_ptr<std::uint8_t>());
  } else {
    environment_->ObserveState(state_.data());
    std::transform(state_.begin(), state_.end(), observation_.data_ptr<float>(),
                   [](double value) { return static_cast<float>(value); });
  }
}

void AgentView::Reset() {
  environment_->Reset();
  Observe();
  stack_.Reset(observation_);
}

Decision AgentView::Step(const std::vector<double>& action) {
  Decision decision;
  for (std::int64_t repeat = 0; repeat < action_repeat_ && !decision.last(); ++repeat) {
    const auto result = environment_->Step(action);
    decision.reward += result.reward;
    decision.terminated = result.terminated;
    decision.truncated = result.truncated;
  }
  Observe();
  stack_.Push(observation_);
  return decision;
}

replay::NamedTensors AgentView::Save() const {
  replay::NamedTensors tensors;
  try {
    const auto bytes = environment_->Snapshot();
    tensors["environment"] = torch::tensor(bytes, torch::kUInt8);
  } catch (const std::logic_error&) {
    // The contract's way of saying that this environment keeps no snapshots.
  }
  const auto& frames = stack_.observations();
  if (!frames.empty()) tensors["stack"] = torch::stack(frames);  // [K, H, W, C] or [K, D]
  return tensors;
}

bool AgentView::Load(const replay::NamedTensors& tensors) {
  if (tensors.count("environment") == 0) return false;
  const auto& bytes = tensors.at("environment");
  const auto* data = bytes.data_ptr<std::uint8_t>();
  environment_->Restore({data, data + bytes.numel()});
  if (tensors.count("stack") == 0) return true;  // saved before the first episode
  const auto frames = tensors.at("stack").unbind(0);
  if (frames.empty() || frames.front().sizes() != observation_.sizes() ||
      frames.front().scalar_type() != observation_.scalar_type()) {
    throw std::runtime_error("saved environment: its frames are not those of this task");
  }
  stack_.Reset(frames.front());
  for (const auto& frame : frames) stack_.Push(frame);
  observation_.copy_(frames.back());
  return true;
}

}  // namespace curl_rl::experiments
