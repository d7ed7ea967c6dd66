// Makes the config's task, and plays, saves and restores it.
#include "experiments/play/agent_view.h"

#include <stdexcept>

#include "experiments/config/usage_error.h"
#include "experiments/video/backdrops.h"

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
  options.python.program = config.environment.python;
  options.python.time_limit = config.environment.python_time_limit;
  options.python.resize = config.environment.resize;
  video::SetDisturbances(envs::ParseDisturbances(config.environment.disturb), &options);
  return options;
}

namespace {

// A plug-in or an environment of Python may not show what the agent is to see.
std::unique_ptr<envs::Environment> MakeSeen(const ExperimentConfig& config, std::uint32_t seed) {
  auto environment = envs::Make(config.task, EnvironmentOptionsOf(config, seed));
  const envs::ObservationSpec& spec = environment->observation_spec();
  const bool pixels = config.observation == Observation::kPixels;
  if (pixels ? spec.has_pixels() : !spec.state.empty()) return environment;
  throw UsageError(config.task + (pixels ? " draws nothing; allowed: observation: state"
                                         : " has no state vector; allowed: observation: pixels"));
}

}  // namespace

AgentView::AgentView(const ExperimentConfig& config, std::uint32_t seed)
    : environment_(MakeSeen(config, seed)),
      episode_(*environment_, config.action_repeat),
      observer_(config, environment_->observation_spec()) {}

void AgentView::Reset() {
  episode_.Begin();
  observer_.Look(*environment_, /*first=*/true);
}

void AgentView::ResetAfter(std::vector<std::uint8_t>* start) {
  environment_->Restore(*start);
  Reset();
  *start = environment_->Snapshot();
}

Decision AgentView::Step(const std::vector<double>& action) {
  Decision decision;
  for (episode_.Hold(action); !episode_.decision_due();) {
    const auto result = episode_.Step();
    decision.reward += result.reward;
    decision.terminated = result.terminated;
    decision.truncated = result.truncated;
  }
  observer_.Look(*environment_, /*first=*/false);
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
  if (const auto stack = observer_.Save(); stack.defined()) tensors["stack"] = stack;
  return tensors;
}

bool AgentView::Load(const replay::NamedTensors& tensors) {
  if (tensors.count("environment") == 0) return false;
  const auto& bytes = tensors.at("environment");
  const auto* data = bytes.data_ptr<std::uint8_t>();
  environment_->Restore({data, data + bytes.numel()});
  // Without a stack it was saved before the first episode.
  if (tensors.count("stack") > 0) observer_.Load(tensors.at("stack"));
  return true;
}

}  // namespace curl_rl::experiments
