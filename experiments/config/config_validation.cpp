// What no single key shows: settings that exclude or limit each other.
#include <cctype>
#include <string>

#include "envs/registry.h"
#include "experiments/config/config_reader.h"

namespace curl_rl::experiments {
namespace {

bool IsFileName(const std::string& text) {
  for (const char c : text) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '-' && c != '.') {
      return false;
    }
  }
  return !text.empty() && text.front() != '.';
}

bool IsDevice(const std::string& device) {
  if (device == "auto" || device == "cpu" || device == "cuda") return true;
  if (device.rfind("cuda:", 0) != 0 || device.size() == 5 || device.size() > 8) return false;
  return device.find_first_not_of("0123456789", 5) == std::string::npos;
}

void CheckMultiple(const char* key, std::int64_t value, std::int64_t action_repeat) {
  if (value % action_repeat == 0) return;
  const std::int64_t below = value - value % action_repeat;
  throw ConfigError(key, "must be a multiple of action_repeat (" + std::to_string(action_repeat) +
                             "), got " + std::to_string(value) +
                             "; nearest: " + (below > 0 ? std::to_string(below) + " or " : "") +
                             std::to_string(below + action_repeat));
}

void CheckCrop(const ExperimentConfig& config) {
  const std::int64_t frame = config.environment.image_size;
  const std::int64_t crop = config.agent.crop_size;
  const std::string sizes = "got a crop of " + std::to_string(crop) + " and frames of " +
                            std::to_string(frame) + " (environment.image_size)";
  if (crop > frame) {
    throw ConfigError("agent.crop_size", "must not be larger than the frame, " + sizes);
  }
  if (config.agent.crop_range == "reference" && crop == frame) {
    throw ConfigError("agent.crop_range",
                      "'reference' leaves out the last offset and needs a crop smaller than the "
                      "frame, " +
                          sizes);
  }
  // 3x3 kernels without padding: the first convolution has stride 2, the others stride 1.
  const std::int64_t side = (crop - 3) / 2 + 1 - 2 * (config.agent.num_layers - 1);
  if (crop < 3 || side < 1) {
    throw ConfigError("agent.crop_size", "got " + std::to_string(crop) + ", too small for " +
                                             std::to_string(config.agent.num_layers) +
                                             " convolutions (agent.num_layers)");
  }
}

void CheckFirstUpdate(const ExperimentConfig& config) {
  const std::int64_t available = std::min(config.init_steps, config.replay_capacity);
  if (config.agent.batch_size > available) {
    throw ConfigError("agent.batch_size",
                      "got " + std::to_string(config.agent.batch_size) + ", but the first update " +
                          "has only " + std::to_string(available) +
                          " transitions to draw from (init_steps, at most replay_capacity)");
  }
  if (config.init_steps * config.action_repeat >= config.env_steps) {
    throw ConfigError("init_steps", "got " + std::to_string(config.init_steps) +
                                        " agent steps of " + std::to_string(config.action_repeat) +
                                        " env steps, which leaves none of the " +
                                        std::to_string(config.env_steps) +
                                        " env_steps for learning");
  }
}

void CheckContrast(const ExperimentConfig& config) {
  const auto& agent = config.agent;
  const bool contrast = agent.contrastive != "none";
  if (contrast && config.observation != "pixels") {
    throw ConfigError("agent.contrastive", "'" + agent.contrastive +
                                               "' needs observation: pixels, got '" +
                                               config.observation + "'; allowed: none");
  }
  if (contrast && agent.batch_size < 2) {
    throw ConfigError("agent.batch_size", "'" + agent.contrastive +
                                              "' contrasts within a batch and needs at least 2, "
                                              "got " +
                                              std::to_string(agent.batch_size));
  }
  if (agent.schedule == "joint" && (!contrast || agent.contrastive_update_freq != 1)) {
    throw ConfigError("agent.schedule",
                      "'joint' adds the contrastive loss to every critic step: it needs "
                      "agent.contrastive other than none and agent.contrastive_update_freq 1");
  }
}

}  // namespace

void Validate(const ExperimentConfig& config) {
  try {
    envs::Find(config.task);
  } catch (const std::invalid_argument& error) {
    throw ConfigError("task", error.what());
  }
  if (!IsFileName(config.method)) {
    throw ConfigError("method", "got '" + config.method +
                                    "'; allowed: letters, digits, '_', '-' and '.', since it "
                                    "names a folder");
  }
  if (!IsDevice(config.device)) {
    throw ConfigError("device", "got '" + config.device + "'; allowed: auto | cpu | cuda | cuda:N");
  }
  if (config.eval_environments > config.eval_episodes) {
    throw ConfigError("eval_environments", "must not be more than eval_episodes (" +
                                               std::to_string(config.eval_episodes) + "), got " +
                                               std::to_string(config.eval_environments));
  }
  CheckMultiple("env_steps", config.env_steps, config.action_repeat);
  CheckMultiple("eval_every", config.eval_every, config.action_repeat);
  CheckMultiple("log_every", config.log_every, config.action_repeat);
  CheckMultiple("checkpoint_every", config.checkpoint_every, config.action_repeat);
  CheckMultiple("video_every", config.video_every, config.action_repeat);
  if (config.agent.log_std_min >= config.agent.log_std_max) {
    throw ConfigError("agent.log_std_min", "must be less than agent.log_std_max");
  }
  CheckFirstUpdate(config);
  CheckContrast(config);
  if (config.observation == "pixels") CheckCrop(config);
}

}  // namespace curl_rl::experiments
