// From the config's keys and the environment's shapes to what the agent asks for.
#include "experiments/play/make_agent.h"

#include <algorithm>

#include "agents/learner.h"

namespace curl_rl::experiments {

std::unique_ptr<agents::Agent> MakeAgent(const ExperimentConfig& config,
                                         const std::vector<std::int64_t>& observation_shape,
                                         std::int64_t action_size, const torch::Device& device) {
  const bool pixels = observation_shape.size() == 3;
  agents::AgentSpec spec;
  spec.channels = pixels ? config.frame_stack * observation_shape.back() : 0;
  spec.state_size = pixels ? 0 : config.frame_stack * observation_shape.back();
  spec.action_size = action_size;
  spec.action_repeat = config.action_repeat;
  spec.seed = static_cast<std::uint64_t>(config.seed);
  spec.replay_capacity = config.replay_capacity;
  spec.device = device;
  auto settings = config.agent;
  if (pixels && settings.window == replay::Window::kWhole) {
    settings.crop_size = observation_shape.front();
  }
  return std::make_unique<agents::Learner>(settings, spec);
}

replay::ReplayOptions ReplayOptionsOf(const ExperimentConfig& config,
                                      const std::vector<std::int64_t>& observation_shape,
                                      std::int64_t action_size, const torch::Device& device) {
  replay::ReplayOptions options;
  options.observation_shape = observation_shape;
  options.action_size = action_size;
  options.capacity = std::min(config.replay_capacity, config.env_steps / config.action_repeat + 1);
  options.frame_stack = config.frame_stack;
  options.seed = static_cast<std::uint64_t>(config.seed);
  options.device = device;
  options.frames = config.replay_frames;
  return options;
}

}  // namespace curl_rl::experiments
