// What is kept of a run's settings.
#include "experiments/run/run_identity.h"

#include <mujoco/mujoco.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "experiments/config/backdrop_files.h"
#include "experiments/config/recorded.h"
#include "experiments/files/checked_json.h"
#include "experiments/machine/version.h"
#include "experiments/run/run_directory.h"

namespace curl_rl::experiments {
namespace {

// run.json; of one that is not there, is damaged or says something else an empty object.
nlohmann::json RecordOf(const std::string& run_dir) {
  const std::string path = run_dir + "/run.json";
  if (!std::filesystem::exists(path)) return nlohmann::json::object();
  auto json = ParseJson(ReadWholeFile(path, kMaxJsonBytes));
  return json.is_object() ? json : nlohmann::json::object();
}

}  // namespace

Settings DecidingSettings(const ExperimentConfig& config) {
  return SettingsThatCount(config, Same::kRun);
}

std::string DecidingDifferences(const Settings& saved, const ExperimentConfig& config) {
  return Differences(RecordedSettings(saved), DecidingSettings(config));
}

std::optional<TaskFiles> RecordedTaskFiles(const std::string& run_dir) {
  const auto record = RecordOf(run_dir);
  if (!record.contains("task_files") || !record["task_files"].is_object()) return std::nullopt;
  TaskFiles files;
  for (const auto& [name, hash] : record["task_files"].items()) {
    files[name] = hash.is_string() ? hash.get<std::string>() : "";
  }
  return files;
}

bool RecordedAsFinished(const std::string& run_dir) {
  return RecordOf(run_dir).value("state", nlohmann::json()) == "finished";
}

TaskFiles TaskFilesWithoutRecord(const std::string& run_dir, const ExperimentConfig& config) {
  TaskFiles now = FilesOfTask(config);
  const auto recorded = RecordedTaskFiles(run_dir);
  if (!recorded) return now;
  const auto behind = BackdropFilesOf(config);
  const auto is_recorded = [&](const std::string& name) { return recorded->count(name) > 0; };
  // Had the version that began the run known of them, some would have been there.
  const bool of_earlier_version =
      std::none_of(behind.begin(), behind.end(), is_recorded) &&
      std::all_of(recorded->begin(), recorded->end(),
                  [](const auto& file) { return std::filesystem::path(file.first).is_relative(); });
  if (!of_earlier_version) return {};
  TaskFiles without;
  for (const std::string& name : behind) without[name] = now[name];
  return without;
}

std::string TaskChange(const std::string& run_dir, const ExperimentConfig& config) {
  const auto recorded = RecordedTaskFiles(run_dir);
  if (!recorded) return "";
  TaskFiles before = *recorded;
  before.merge(TaskFilesWithoutRecord(run_dir, config));
  return ChangesOf(before, FilesOfTask(config));
}

void WarnOfTaskChange(const std::string& run_dir, const ExperimentConfig& config) {
  const auto change = TaskChange(run_dir, config);
  if (change.empty()) return;
  std::cerr << "curl-rl: warning: " << run_dir
            << ": the task is not what it was when this run stopped: " << change << "\n";
}

Settings MachineSettings(const ExperimentConfig& config, const std::string& device, int threads,
                         const TorchInfo& torch) {
  return {{"device", device},
          {"threads", std::to_string(threads)},
          // Played side by side, evaluations are one pass of the network: other last digits.
          {"eval_environments", std::to_string(config.eval_environments)},
          {"deterministic", config.deterministic ? "true" : "false"},
          {"CPU", CpuName()},
          {"CPU capability", torch.cpu_capability},
          {"BLAS", torch.blas},
          {"BLAS kernels", torch.blas_kernels},
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
