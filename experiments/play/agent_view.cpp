// Makes the config's task, reads observations into tensors, and steps, saves and restores it.
#include "experiments/play/agent_view.h"

#include <algorithm>
#include <stdexcept>

#include "experiments/config/usage_error.h"

namespace curl_rl::experiments {

envs::EnvironmentOptions EnvironmentOptionsOf(const ExperimentConfig& config, std::uint32_t seed) {
  envs::EnvironmentOptions options;
  options.seed = seed;
  options.pixels = config.observation == Observation::kPixels;
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

std::vector<double> FirstAction(const torch::Tensor& actions) {
  const auto action = actions.select(0, 0).contiguous();
  const auto* data = action.data_ptr<double>();
  return {data, data + action.numel()};
}

Observer::Observer(Observation observation, const envs::ObservationSpec& spec) {
  if (observation == Observation::kPixels) {
    shape_ = {spec.height, spec.width, spec.channels};
    observation_ = torch::zeros(shape_, torch::kUInt8);
  } else {
    shape_ = {spec.state_size()};
    state_.resize(static_cast<std::size_t>(spec.state_size()));
    observation_ = torch::zeros(shape_, torch::kFloat32);
  }
}

const torch::Tensor& Observer::Read(envs::Environment& environment) {
  if (state_.empty()) {
    environment.Observe(observation_.data_ptr<std::uint8_t>());
  } else {
    environment.ObserveState(state_.data());
    std::transform(state_.begin(), state_.end(), observation_.data_ptr<float>(),
                   [](double value) { return static_cast<float>(value); });
  }
  return observation_;
}

AgentView::AgentView(const ExperimentConfig& config, std::uint32_t seed)
    : environment_(envs::Make(config.task, EnvironmentOptionsOf(config, seed))),
      observer_(config.observation, environment_->observation_spec()),
      action_repeat_(config.action_repeat),
      stack_(config.frame_stack) {}

void AgentView::Reset() {
  environment_->Reset();
  stack_.Reset(observer_.Read(*environment_));
}

void AgentView::ResetAfter(std::vector<std::uint8_t>* start) {
  environment_->Restore(*start);
  Reset();
  *start = environment_->Snapshot();
}

Decision AgentView::Step(const std::vector<double>& action) {
  Decision decision;
  for (std::int64_t repeat = 0; repeat < action_repeat_ && !decision.last(); ++repeat) {
    const auto result = environment_->Step(action);
    decision.reward += result.reward;
    decision.terminated = result.terminated;
    decision.truncated = result.truncated;
  }
  stack_.Push(observer_.Read(*environment_));
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
  if (frames.empty() || frames.front().sizes() != observer_.last().sizes() ||
      frames.front().scalar_type() != observer_.last().scalar_type()) {
    throw std::runtime_error("saved environment: its frames are not those of this task");
  }
  stack_.Reset(frames.front());
  for (const auto& frame : frames) stack_.Push(frame);
  observer_.SetLast(frames.back());
  return true;
}

std::vector<AgentView> MakeViews(const ExperimentConfig& config, std::uint32_t seed,
                                 std::int64_t count) {
  std::vector<AgentView> views;
  views.emplace_back(config, seed);
  if (count > 1) {
    try {
      views.front().Snapshot();
    } catch (const std::logic_error&) {
      throw UsageError("eval_environments: got " + std::to_string(count) + ", but '" + config.task +
                       "' keeps no snapshots, with which several environments share a random "
                       "stream; allowed: 1");
    }
  }
  while (static_cast<std::int64_t>(views.size()) < count) views.emplace_back(config, seed);
  return views;
}

}  // namespace curl_rl::experiments
