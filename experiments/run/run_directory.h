// The folder of one run: config.yaml, run.json, a lock, and the places of everything else.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "experiments/config/config.h"
#include "experiments/config/task_files.h"
#include "experiments/files/atomic_file.h"

namespace curl_rl::experiments {

/// What run.json tells about the run besides what this program knows by itself (its own version,
/// git commit, compiler, host, CPU, start and end).
struct RunInfo {
  std::string torch_version;
  std::string mujoco_version;
  std::string device;  // as chosen: "cpu", "cuda:0 NVIDIA ..."
  std::string gl;      // GL vendor and renderer, or "none"
  std::int64_t threads = 0;
  std::vector<std::string> command;  // the program's arguments
  // What decides the task besides this program, by name and version (envs::PackageVersions).
  std::vector<std::pair<std::string, std::string>> environment = {};
  TaskFiles task_files = {};     // what decides the task, besides this program
  std::string task_change = "";  // what was changed of them and gone on with; "": nothing
};

/// Owned by the one writer of a run: holds the lock until destroyed.
class RunDirectory {
 public:
  /// Throws what Create would throw, and leaves nothing behind: to be asked before the costly parts
  /// of a run are made.
  static void Check(const ExperimentConfig& config);

  /// Makes the folder of `config` (RunDirectoryOf) with its first files. Throws UsageError if a run
  /// or any other file is there already or another process is at work in it, std::runtime_error if
  /// it cannot be written; what was made until then is removed.
  static RunDirectory Create(const ExperimentConfig& config, const RunInfo& info);

  /// Takes up the existing run at `path`, whose config has this `seed`; run.json gets `info` and
  /// state "running" again and keeps what it said before as the last of "earlier". What killed
  /// processes left half written is removed. Throws
  /// UsageError if there is no run or another process is at work in it.
  static RunDirectory Open(const std::string& path, const RunInfo& info, std::int64_t seed);

  /// The same for whoever holds the run's `lock` (LockRun) already.
  static RunDirectory Open(const std::string& path, FileDescriptor lock, const RunInfo& info,
                           std::int64_t seed);

  RunDirectory(RunDirectory&& other) noexcept = default;
  RunDirectory& operator=(RunDirectory&&) = delete;
  /// A run that was not finished is marked "failed".
  ~RunDirectory();

  /// Renames what a run without a checkpoint has logged to names that end in .old_1, .old_2, ...,
  /// and returns these: it starts anew. Nothing else in the folder is touched.
  std::vector<std::string> SetAsideLogs();

  /// The config of a run that goes on with another budget.
  void WriteConfig(const ExperimentConfig& config);

  /// Notes the end of the run: "finished", "failed" or "interrupted".
  void Finish(const std::string& state);

  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  RunDirectory(std::string path, FileDescriptor lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}
  void Start(const RunInfo& info, std::int64_t seed);

  std::string path_;
  FileDescriptor lock_;
  std::string record_;  // run.json as it was written at the start
  bool running_ = false;
};

/// Takes the lock of a folder that only one process may work in; held until the result is
/// destroyed, however the process ends. Throws UsageError that names the owner if another one has
/// it. On a file system without locks: a warning, and nobody is kept out.
FileDescriptor LockFolder(const std::string& path);

/// That of a run. Throws UsageError if there is no run, then nothing is written.
FileDescriptor LockRun(const std::string& run_dir);

/// Whether another process is at work in the folder.
bool IsLocked(const std::string& path);

/// This machine's name and its processor's, "unknown" if the system does not tell.
std::string HostName();
std::string CpuName();

}  // namespace curl_rl::experiments
