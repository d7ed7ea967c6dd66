// The config's keys that decide a run's numbers, and where two sets of settings differ.
#include "experiments/run/run_identity.h"

#include <mujoco/mujoco.h>

#include <set>

#include "experiments/config/config_schema.h"
#include "experiments/machine/version.h"
#include "experiments/run/run_directory.h"

namespace curl_rl::experiments {

Settings DecidingSettings(const ExperimentConfig& config) {
  static const std::set<std::string> kFree = {
      "method",        "device",           "run_dir",          "threads",     "overlap",
      "deterministic", "plugins",          "env_steps",        "eval_every",  "eval_episodes",
      "log_every",     "checkpoint_every", "keep_checkpoints", "video_every", "video_episodes",
      "video_size",    "eval_environments"};
  ExperimentConfig copy = config;  // Fields binds to a config it could change
  Settings settings;
  for (const auto& field : Fields(copy)) {
    if (kFree.count(field.key) == 0) settings[field.key] = ValueText(field);
  }
  return settings;
}

Settings MachineSettings(const ExperimentConfig& config, const std::string& device, int threads,
                         const TorchInfo& torch) {
  return {{"device", device},
          {"threads", std::to_string(threads)},
          {"deterministic", config.deterministic ? "true" : "false"},
          {"CPU", CpuName()},
          {"CPU capability", torch.cpu_capability},
          {"BLAS", torch.blas},
          {"LibTorch", torch.version},
          {"MuJoCo", mj_versionString()},
          {"curl-rl", std::string(kVersion) + " (" + kGitCommit + ", " + kCompiler + ")"}};
}

std::string Differences(const Settings& saved, const Settings& now) {
  std::string text;
  for (const auto& [name, value] : now) {
    const auto before = saved.find(name);
    if (before == saved.end() || before->second == value) continue;
    text += (text.empty() ? "" : ", ") + name + " " + value + " instead of " + before->second;
  }
  return text;
}

}  // namespace curl_rl::experiments
