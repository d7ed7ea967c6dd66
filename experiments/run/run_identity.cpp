// What is kept of a run's settings.
#include "experiments/run/run_identity.h"

#include <mujoco/mujoco.h>

#include "experiments/config/recorded.h"
#include "experiments/machine/version.h"
#include "experiments/run/run_directory.h"

namespace curl_rl::experiments {

Settings DecidingSettings(const ExperimentConfig& config) {
  return SettingsThatCount(config, Same::kRun);
}

std::string DecidingDifferences(const Settings& saved, const ExperimentConfig& config) {
  return Differences(RecordedSettings(saved), DecidingSettings(config));
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
