// What ties several keys, or a key and the registry, together.
#include <algorithm>
#include <cctype>
#include <set>
#include <string>

#include "envs/disturbances.h"
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

// An iteration of the training loop is a decision in every environment.
void CheckMultiple(const char* key, std::int64_t value, const ExperimentConfig& config) {
  const std::int64_t iteration = config.action_repeat * config.environments;
  if (value % iteration == 0) return;
  const std::int64_t below = value - value % iteration;
  const bool several = config.environments > 1;
  std::vector<std::string> keys = {key, "action_repeat"};
  if (several) keys.emplace_back("environments");
  throw ConfigError(keys, std::string("must be a multiple of action_repeat ") +
                              (several ? "x environments (" : "(") + std::to_string(iteration) +
                              "), got " + std::to_string(value) +
                              "; nearest: " + (below > 0 ? std::to_string(below) + " or " : "") +
                              std::to_string(below + iteration));
}

// The side of the critic's pictures of `side` pixels after their augmentations.
std::int64_t CheckAugmentations(const ExperimentConfig& config, std::int64_t side) {
  const auto& augment = config.agent.augment;
  try {
    for (const auto& spec : augment.kinds) encoders::CheckAugmentation(spec);
    const std::int64_t after = encoders::SideAfter(augment.kinds, side);
    return augment.of_critic() ? after : side;
  } catch (const std::invalid_argument& error) {
    throw ConfigError({"agent.augment.kinds", "agent.crop_size", "environment.image_size"},
                      error.what());
  }
}

void CheckAugment(const ExperimentConfig& config) {
  const auto& augment = config.agent.augment;
  if (augment.kinds.empty()) {
    if (augment.views == agents::AugmentViews::kKey &&
        augment.acting == agents::AugmentActing::kCentre) {
      return;
    }
    throw ConfigError({"agent.augment.views", "agent.augment.acting", "agent.augment.kinds"},
                      "belongs to augmentations, and agent.augment.kinds is []");
  }
  const std::string first = "'" + augment.kinds.front().kind + "'";
  if (config.observation != Observation::kPixels) {
    throw ConfigError({"agent.augment.kinds", "observation"},
                      first +
                          " changes pictures and needs observation: pixels, got state; "
                          "allowed: []");
  }
  if (config.agent.objectives.empty() && !augment.of_critic()) {
    throw ConfigError({"agent.augment.views", "agent.augment.kinds", "agent.objectives"},
                      "got '" + std::string(envs::NameOf(augment.views)) +
                          "', allowed without an objective: critic | all");
  }
}

void CheckActorCritic(const ExperimentConfig& config) {
  const auto& agent = config.agent;
  if (agent.actor_critic == agents::ActorCriticKind::kSac &&
      agent.sac.log_std_min >= agent.sac.log_std_max) {
    throw ConfigError({"agent.sac.log_std_min", "agent.sac.log_std_max"},
                      "must be less than agent.sac.log_std_max");
  }
  if (agent.actor_critic == agents::ActorCriticKind::kSac &&
      config.observation == Observation::kState &&
      (agent.sac.observation_views > 1 || agent.sac.next_views > 1)) {
    throw ConfigError({"agent.sac.observation_views", "agent.sac.next_views", "observation"},
                      "several pictures of an observation need observation: pixels, got state; "
                      "allowed: 1");
  }
  if (agent.actor_critic == agents::ActorCriticKind::kDdpg) {
    try {
      agents::StddevSchedule schedule(agent.ddpg.stddev_schedule);
    } catch (const std::invalid_argument& error) {
      throw ConfigError({"agent.ddpg.stddev_schedule"}, error.what());
    }
  }
  const std::int64_t of_lane =
      std::min(config.init_steps, config.replay_capacity) / config.environments;
  if (agent.n_step > of_lane) {
    throw ConfigError(
        {"agent.n_step", "init_steps", "replay_capacity", "environments"},
        "got " + std::to_string(agent.n_step) +
            " agent steps, more than there are transitions at the first update" +
            (config.environments > 1 ? ", " + std::to_string(of_lane) + " of each environment"
                                     : ""));
  }
}

// The side of the agent's pictures.
std::int64_t CheckPictures(const ExperimentConfig& config) {
  const auto& agent = config.agent;
  const std::int64_t frame = config.environment.image_size;
  if (agent.window == replay::Window::kWhole) return CheckAugmentations(config, frame);
  const std::int64_t crop = agent.crop_size;
  const std::string sizes = "got a crop of " + std::to_string(crop) + " and frames of " +
                            std::to_string(frame) + " (environment.image_size)";
  const std::int64_t pad = agent.window == replay::Window::kShift ? agent.shift_pad : 0;
  if (crop > frame + 2 * pad) {
    throw ConfigError({"agent.crop_size", "environment.image_size"},
                      "must not be larger than the frame, " + sizes);
  }
  if (agent.window == replay::Window::kRandomCrop &&
      agent.crop_range == replay::CropRange::kReference && crop == frame) {
    throw ConfigError({"agent.crop_range", "agent.crop_size", "environment.image_size"},
                      "'reference' leaves out the last offset and needs a crop smaller than the "
                      "frame, " +
                          sizes);
  }
  return CheckAugmentations(config, crop);
}

void CheckEncoder(const ExperimentConfig& config) {
  const std::int64_t side = CheckPictures(config);
  // 3x3 kernels without padding: the first convolution has stride 2, the others stride 1.
  const std::int64_t layers = config.agent.encoder.num_layers;
  const std::int64_t maps = (side - 3) / 2 + 1 - 2 * (layers - 1);
  if (side < 3 || maps < 1) {
    throw ConfigError({"agent.crop_size", "agent.encoder.num_layers", "environment.image_size"},
                      "pictures of " + std::to_string(side) + " are too small for " +
                          std::to_string(layers) + " convolutions (agent.encoder.num_layers)");
  }
}

void CheckFirstUpdate(const ExperimentConfig& config) {
  const std::int64_t available = std::min(config.init_steps, config.replay_capacity);
  if (config.agent.batch_size > available) {
    throw ConfigError({"agent.batch_size", "init_steps", "replay_capacity"},
                      "got " + std::to_string(config.agent.batch_size) + ", but the first update " +
                          "has only " + std::to_string(available) +
                          " transitions to draw from (init_steps, at most replay_capacity)");
  }
  if (WarmUpSteps(config) * config.action_repeat >= config.env_steps) {
    throw ConfigError({"init_steps", "env_steps", "action_repeat"},
                      "got " + std::to_string(config.init_steps) + " agent steps of " +
                          std::to_string(config.action_repeat) +
                          " env steps, which leaves none of the " +
                          std::to_string(config.env_steps) + " env_steps for learning");
  }
}

void CheckReplayFrames(const ExperimentConfig& config) {
  if (config.replay_frames != replay::FrameStorage::kCompressed) return;
  if (config.observation != Observation::kPixels) {
    throw ConfigError({"replay_frames", "observation"},
                      "'compressed' is for pictures and needs observation: pixels, got state; "
                      "allowed: raw | auto");
  }
  if (config.device.rfind("cuda", 0) == 0) {
    throw ConfigError({"replay_frames", "device"},
                      "'compressed' is for frames in the host's memory, and the learner's device, "
                      "which keeps them, is " +
                          config.device + "; allowed: raw | auto");
  }
}

void CheckObjectives(const ExperimentConfig& config) {
  const auto& agent = config.agent;
  if (!agent.objectives.empty()) {
    const std::string first = "'" + agent.objectives.front()->info().name + "'";
    if (config.observation != Observation::kPixels) {
      throw ConfigError({"agent.objectives", "observation"},
                        first +
                            " looks at pictures and needs observation: pixels, got state; "
                            "allowed: []");
    }
    if (agent.batch_size < 2) {
      throw ConfigError({"agent.batch_size", "agent.objectives"},
                        first + " compares within a batch and needs at least 2, got " +
                            std::to_string(agent.batch_size));
    }
  }
  if (agent.schedule != agents::Schedule::kJoint) return;
  const std::string joint = "'joint' adds the losses of the objectives to every critic step: ";
  if (agent.objectives.empty()) {
    throw ConfigError({"agent.schedule", "agent.objectives"},
                      joint + "it needs one in agent.objectives, got []");
  }
  for (const auto& objective : agent.objectives) {
    if (objective->common.update_freq == 1) continue;
    const std::string key = "agent." + objective->info().name + ".update_freq";
    throw ConfigError({"agent.schedule", key}, joint + "it needs " + key + " 1, got " +
                                                   std::to_string(objective->common.update_freq));
  }
}

void CheckDisturbances(const ExperimentConfig& config) {
  const auto check = [&config](const char* key, const std::vector<std::string>& texts) {
    envs::Disturbances disturbances;
    try {
      disturbances = envs::ParseDisturbances(texts);
    } catch (const std::invalid_argument& error) {
      throw ConfigError({key}, error.what());
    }
    if (disturbances.any() && config.observation != Observation::kPixels) {
      throw ConfigError({key, "observation"}, "'" + envs::TextOf(disturbances) +
                                                  "' changes pictures and needs observation: "
                                                  "pixels, got state; allowed: []");
    }
    return envs::NameOf(disturbances);
  };
  check("environment.disturb", config.environment.disturb);
  std::set<std::string> names;  // of columns
  for (const std::string& text : config.eval_disturbances) {
    const std::string name = check("eval_disturbances", {text});
    if (names.insert(name).second) continue;
    throw ConfigError({"eval_disturbances"},
                      "'" + text + "': there is a column of '" + name + "' already");
  }
}

}  // namespace

void Validate(const ExperimentConfig& config) {
  try {
    envs::Find(config.task);
  } catch (const std::invalid_argument& error) {
    throw ConfigError({"task"}, error.what());
  }
  if (!IsFileName(config.method)) {
    throw ConfigError({"method"}, "got '" + config.method +
                                      "'; allowed: letters, digits, '_', '-' and '.', since it "
                                      "names a folder");
  }
  for (const char c : config.run_dir) {
    if (!std::iscntrl(static_cast<unsigned char>(c))) continue;
    throw ConfigError({"run_dir"}, "has a control character; allowed: the name of a folder");
  }
  if (!IsDevice(config.device)) {
    throw ConfigError({"device"},
                      "got '" + config.device + "'; allowed: auto | cpu | cuda | cuda:N");
  }
  if (config.eval_environments > config.eval_episodes) {
    throw ConfigError({"eval_environments", "eval_episodes"},
                      "must not be more than eval_episodes (" +
                          std::to_string(config.eval_episodes) + "), got " +
                          std::to_string(config.eval_environments));
  }
  CheckMultiple("env_steps", config.env_steps, config);
  CheckMultiple("eval_every", config.eval_every, config);
  CheckMultiple("log_every", config.log_every, config);
  CheckMultiple("checkpoint_every", config.checkpoint_every, config);
  CheckMultiple("video_every", config.video_every, config);
  if (config.replay_capacity < config.environments) {
    throw ConfigError({"replay_capacity", "environments"},
                      "must not be less than environments (" + std::to_string(config.environments) +
                          "), got " + std::to_string(config.replay_capacity));
  }
  CheckActorCritic(config);
  if (config.agent.precision == agents::Precision::kTf32 && config.device == "cpu") {
    throw ConfigError({"agent.precision", "device"},
                      "'tf32' is arithmetic of CUDA's, and the device is the CPU (cpu; so is auto "
                      "where there is no GPU); allowed there: float32 | bfloat16");
  }
  CheckFirstUpdate(config);
  CheckReplayFrames(config);
  CheckObjectives(config);
  CheckAugment(config);
  CheckDisturbances(config);
  if (config.observation == Observation::kPixels) CheckEncoder(config);
}

}  // namespace curl_rl::experiments
