// One experiment, plain data: what YAML configs, dotted overrides and a run's config.yaml hold.
// The YAML key is the field's name; nested structs are nested maps.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agents/agent_config.h"
#include "envs/setting.h"
#include "replay/frame_storage.h"

namespace curl_rl::experiments {

/// What the agent sees.
enum class Observation { kPixels, kState };
constexpr envs::EnumName<Observation> kObservations[] = {{Observation::kPixels, "pixels"},
                                                         {Observation::kState, "state"}};
inline const auto& NamesOf(Observation) { return kObservations; }

/// How the environment is drawn. Key in YAML: environment.<field>.
struct EnvironmentConfig {
  std::int64_t camera_id = 0;
  std::int64_t image_size = 100;  // height and width of a rendered frame
  std::int64_t samples = 4;
  std::int64_t slices = 28;
  std::int64_t stacks = 16;
  std::int64_t shadow_size = 2048;
  bool shadows = true;
  bool reflections = true;
  std::string python;  // interpreter that hosts environments of Python; empty: python3 of PATH
  double python_time_limit = 60.0;   // seconds for any one answer of such an environment
  bool resize = false;               // its frames, if they are not of image_size; false: refused
  std::vector<std::string> disturb;  // envs::ParseDisturbances: colors=hard, video=easy:FILE

  envs::Settings Describe();
};

/// Everything that decides a run. Budgets and cadences are in env steps (agent steps x
/// action_repeat).
struct ExperimentConfig {
  std::string task = "cartpole_swingup";  // an environment, FILE.yaml or gymnasium:ID
  std::string method = "curl";  // label: names the run directory and the method in comparisons
  std::int64_t seed = 1;
  std::string device = "auto";  // auto | cpu | cuda | cuda:N
  Observation observation = Observation::kPixels;
  std::string run_dir;         // empty: runs/<task>/<method>/seed_<seed>
  std::int64_t threads = 0;    // of the learner and of the environments; 0: all cores
  bool overlap = false;        // the environment steps while the agent learns
  bool deterministic = false;  // on CUDA: only kernels that repeat bit for bit

  std::int64_t env_steps = 500000;  // budget
  std::int64_t environments = 1;  // play side by side: each iteration makes a decision in every one
  std::int64_t action_repeat = 8;
  std::int64_t frame_stack = 3;
  std::int64_t init_steps = 1000;     // agent steps with uniform random actions, before any update
  std::int64_t update_every = 1;      // agent steps between updates
  std::int64_t updates_per_step = 1;  // at each agent step that has any
  std::int64_t initial_updates = 1;   // at the first decision with one (SAC+AE: 1000)
  std::int64_t replay_capacity = 100000;                            // transitions
  replay::FrameStorage replay_frames = replay::FrameStorage::kRaw;  // same batches, bit for bit

  std::int64_t eval_every = 10000;  // env steps; 0: only at the end
  std::int64_t eval_episodes = 10;
  std::int64_t eval_environments = 1;          // play them side by side
  std::vector<std::string> eval_disturbances;  // each is evaluated too, a column of eval.csv
  std::int64_t log_every = 1000;               // env steps between rows of train.csv
  std::int64_t checkpoint_every = 50000;       // env steps; 0: only at the end
  std::int64_t keep_checkpoints = 2;           // the newest; the best one is kept besides

  std::int64_t video_every = 0;  // env steps between videos; 0: none
  std::int64_t video_episodes = 1;
  std::int64_t video_size = 0;  // pixels, side of an episode's picture; 0: by their number

  std::vector<std::string> plugins;  // shared libraries or task files with environments

  EnvironmentConfig environment;
  agents::AgentConfig agent;

  /// Every setting by its whole key, in the order in which they are written. Valid as long as this
  /// and its agent's objectives stay.
  envs::Settings Describe();
};

/// Agent steps with uniform random actions: init_steps, up to where an iteration begins.
inline std::int64_t WarmUpSteps(const ExperimentConfig& config) {
  const auto n = config.environments;
  return (config.init_steps + n - 1) / n * n;
}

}  // namespace curl_rl::experiments
