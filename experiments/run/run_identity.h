// What a run's numbers depend on, as text: kept in every checkpoint and compared at resuming.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "experiments/config/same.h"
#include "experiments/config/task_files.h"
#include "experiments/machine/torch_info.h"

namespace curl_rl::experiments {

using Settings = SettingTexts;

/// The settings of `config` that make it another run if they change (Same::kRun).
Settings DecidingSettings(const ExperimentConfig& config);

/// "agent.batch_size 128 instead of 512, ...": the deciding settings of `config` that are not as
/// some version of this program saved them.
std::string DecidingDifferences(const Settings& saved, const ExperimentConfig& config);

/// What a run's task was made of when its newest part began, by run.json; nothing if that does not
/// say: there is none, or an earlier version wrote it.
std::optional<TaskFiles> RecordedTaskFiles(const std::string& run_dir);

/// Whether run.json says that the run reached its budget.
bool RecordedAsFinished(const std::string& run_dir);

/// Those of the task's files of which run.json cannot say what they were: all if it has no record
/// of any; pictures and videos behind the task if the version that wrote it did not look at them.
TaskFiles TaskFilesWithoutRecord(const std::string& run_dir, const ExperimentConfig& config);

/// The message where the files of the task of `config` are not those that run.json recorded: what
/// changed. "": nothing did, or nothing is recorded.
std::string TaskChange(const std::string& run_dir, const ExperimentConfig& config);

/// Says on stderr, as a warning, that the run's agent plays another task than it learned, if so.
void WarnOfTaskChange(const std::string& run_dir, const ExperimentConfig& config);

/// What besides decides the last bits: device, threads, the CPU's instructions, versions.
/// `device` as LibTorch writes it, `threads` that it uses.
Settings MachineSettings(const ExperimentConfig& config, const std::string& device, int threads,
                         const TorchInfo& torch);

/// "threads 2 instead of 1, ...": every name whose value in `now` is not that in `saved`. A name
/// that either has not is left out: another version of this program wrote it.
std::string Differences(const Settings& saved, const Settings& now);

}  // namespace curl_rl::experiments
