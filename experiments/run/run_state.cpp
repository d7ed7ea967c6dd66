// Looks at what a run left in its folder.
#include "experiments/run/run_state.h"

#include <filesystem>

#include "experiments/config/config_reader.h"
#include "experiments/run/run_directory.h"
#include "experiments/run/run_identity.h"

namespace curl_rl::experiments {
namespace {

namespace fs = std::filesystem;

// A checkpoint is renamed to its name when it is whole; one that is written, removed or damaged has
// an extension.
bool HasCheckpoint(const fs::path& run_dir) {
  if (!fs::is_directory(run_dir / "checkpoints")) return false;
  for (const auto& entry : fs::directory_iterator(run_dir / "checkpoints")) {
    if (entry.path().filename().string().rfind("env_step_", 0) != 0) continue;
    if (!entry.path().has_extension()) return true;
  }
  return false;
}

// Empty, or only what a run leaves that was killed before its config.yaml was there.
bool IsUntouched(const fs::path& run_dir) {
  for (const auto& entry : fs::directory_iterator(run_dir)) {
    const std::string name = entry.path().filename().string();
    if (name != "lock" && name.rfind("config.yaml.tmp", 0) != 0) return false;
  }
  return true;
}

}  // namespace

RunStage StageOfRun(const ExperimentConfig& config, Same question) {
  const fs::path run_dir = RunDirectoryOf(config);
  if (!fs::exists(run_dir)) return RunStage::kAbsent;
  if (!fs::is_directory(run_dir)) throw UsageError(run_dir.string() + ": is not a folder");
  if (!fs::exists(run_dir / "config.yaml")) {
    if (IsUntouched(run_dir)) return RunStage::kAbsent;
    throw UsageError(run_dir.string() + ": is not empty and holds no run (no config.yaml)");
  }
  const auto there = ReadConfig((run_dir / "config.yaml").string(), {});
  const std::string difference = Difference(there, config, question);
  if (!difference.empty()) {
    throw UsageError(run_dir.string() + ": holds a run with another config: " + difference +
                     "; name another folder, or remove it");
  }
  if (there.env_steps >
      config.env_steps) {  // its replay may hold more than the shorter one's would
    throw UsageError(run_dir.string() + ": holds a longer run: env_steps is " +
                     std::to_string(there.env_steps) + " there, asked for is " +
                     std::to_string(config.env_steps));
  }
  if (RecordedAsFinished(run_dir.string()) && there.env_steps >= config.env_steps)
    return RunStage::kFinished;
  return HasCheckpoint(run_dir) ? RunStage::kResumable : RunStage::kStarted;
}

}  // namespace curl_rl::experiments
