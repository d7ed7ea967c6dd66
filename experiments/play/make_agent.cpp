// From the config's keys and the environment's shapes to what the agent asks for.
#include "experiments/play/make_agent.h"

#include <stdexcept>

namespace curl_rl::experiments {
namespace {

// Until the agent takes an AgentConfig itself: the settings of the one agent there is.
agents::CurlConfig CurlConfigOf(const agents::AgentConfig& config) {
  if (config.objectives.size() > 1 || config.n_step != 1 ||
      config.window != replay::Window::kRandomCrop) {
    throw std::invalid_argument(
        "this build's agent has agent.objectives [curl] or [], agent.n_step 1, agent.window "
        "random_crop");
  }
  agents::CurlConfig curl;
  curl.batch_size = config.batch_size;
  curl.discount = config.discount;
  curl.num_layers = config.encoder.num_layers;
  curl.num_filters = config.encoder.num_filters;
  curl.feature_dim = config.encoder.feature_dim;
  curl.conv_init = envs::NameOf(config.encoder.conv_init);
  curl.encoder_tanh = config.encoder.tanh;
  curl.detach_encoder = config.encoder.detach;
  curl.encoder_tau = config.encoder.tau;
  curl.hidden_dim = config.sac.hidden_dim;
  curl.log_std_min = config.sac.log_std_min;
  curl.log_std_max = config.sac.log_std_max;
  curl.log_prob = envs::NameOf(config.sac.log_prob);
  curl.actor_lr = config.sac.actor_lr;
  curl.critic_lr = config.sac.critic_lr;
  curl.temperature_lr = config.sac.temperature_lr;
  curl.temperature_beta1 = config.sac.temperature_beta1;
  curl.init_temperature = config.sac.init_temperature;
  curl.critic_tau = config.sac.critic_tau;
  curl.actor_update_freq = config.sac.actor_update_freq;
  curl.critic_target_update_freq = config.sac.critic_target_update_freq;
  curl.crop_size = config.crop_size;
  curl.crop_range = envs::NameOf(config.crop_range);
  curl.schedule = envs::NameOf(config.schedule);
  curl.precision = envs::NameOf(config.precision);
  curl.cuda_graphs = config.cuda_graphs;
  curl.contrastive = config.objectives.empty() ? "none" : "infonce";
  for (const auto& objective : config.objectives) {
    curl.encoder_lr = objective->common.lr;
    curl.contrastive_encoder_lr_scale = objective->common.encoder_lr_scale;
    curl.contrastive_update_freq = objective->common.update_freq;
  }
  return curl;
}

}  // namespace

std::unique_ptr<agents::CurlAgent> MakeAgent(const ExperimentConfig& config,
                                             const std::vector<std::int64_t>& observation_shape,
                                             std::int64_t action_size,
                                             const torch::Device& device) {
  const bool pixels = observation_shape.size() == 3;
  agents::AgentSpec spec;
  spec.channels = pixels ? config.frame_stack * observation_shape.back() : 0;
  spec.state_size = pixels ? 0 : config.frame_stack * observation_shape.back();
  spec.action_size = action_size;
  spec.seed = static_cast<std::uint64_t>(config.seed);
  spec.device = device;
  return std::make_unique<agents::CurlAgent>(CurlConfigOf(config.agent), spec);
}

}  // namespace curl_rl::experiments
