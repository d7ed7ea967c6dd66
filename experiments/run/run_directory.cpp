// Makes, takes up and closes the folder of a run.
#include "experiments/run/run_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "experiments/config/config_reader.h"
#include "experiments/config/config_schema.h"
#include "experiments/config/usage_error.h"
#include "experiments/machine/version.h"

namespace curl_rl::experiments {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr char kLockName[] = "lock";

std::string IsoTimeNow() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

void RefuseUsedDirectory(const std::string& path) {
  for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
    const auto name = entry.path().filename().string();
    if (name == kLockName || IsPendingFile(name)) continue;  // all that a process killed early left
    const bool run = fs::exists(path + "/config.yaml");
    throw UsageError(path + (run ? ": holds a run already" : ": is not empty") +
                     "; name another run_dir, seed or method, or remove it");
  }
}

// Removes what was made unless told to keep it.
class Undo {
 public:
  ~Undo() {
    std::error_code ignored;  // best effort: the error that led here is the one to report
    for (auto path = made_.rbegin(); !keep_ && path != made_.rend(); ++path) {
      fs::remove(*path, ignored);
    }
  }
  void Add(const fs::path& path) { made_.push_back(path); }
  void Keep() { keep_ = true; }

 private:
  std::vector<fs::path> made_;
  bool keep_ = false;
};

// create_directories, but remembering which ones are new. Another process that undoes its own may
// take a parent away between two calls here: then once more.
void MakeDirectories(const fs::path& path, Undo& undo) {
  constexpr int kAttempts = 100;
  for (int attempt = 1;; ++attempt) {
    const fs::file_status status = fs::status(path);  // asked once: it may be gone the next time
    if (fs::is_directory(status)) return;
    if (fs::exists(status)) throw UsageError(path.string() + ": is not a folder");
    if (path.has_parent_path()) MakeDirectories(path.parent_path(), undo);
    if (::mkdir(path.c_str(), 0777) == 0) {
      undo.Add(path);
      try {
        SyncFolder(path.has_parent_path() ? path.parent_path().string() : ".");
      } catch (const FileError&) {
        // A folder that may be written but not read: the run is as safe as its owner allows.
      }
      return;
    }
    if (errno != EEXIST && (errno != ENOENT || attempt == kAttempts)) {
      ThrowErrno(path.string(), "cannot create the run directory");
    }
  }
}

fs::path FolderOf(const ExperimentConfig& config) {
  const fs::path path = RunDirectoryOf(config);
  return path.has_filename() ? path : path.parent_path();  // "dir/" names dir
}

}  // namespace

// The kernel frees a flock when its process ends, however it ends: a lock file alone says nothing.
FileDescriptor LockFolder(const std::string& directory) {
  const std::string path = directory + "/" + kLockName;
  FileDescriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (lock.get() < 0) ThrowErrno(directory, "cannot write there");
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) ThrowErrno(path, "cannot lock");
    std::string owner = ReadWholeFile(path);
    if (!owner.empty()) owner = " (" + owner.substr(0, owner.find('\n')) + ")";
    throw UsageError(directory + ": another process is at work there" + owner);
  }
  if (::ftruncate(lock.get(), 0) != 0) ThrowErrno(path, "cannot write");
  WriteAll(lock, "host " + HostName() + " pid " + std::to_string(::getpid()) + "\n", path);
  return lock;
}

bool IsLocked(const std::string& directory) {
  const std::string path = directory + "/" + kLockName;
  const FileDescriptor lock(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return lock.get() >= 0 && ::flock(lock.get(), LOCK_SH | LOCK_NB) != 0;
}

std::string HostName() {
  utsname names{};
  return ::uname(&names) == 0 ? names.nodename : "unknown";
}

std::string CpuName() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

void RunDirectory::Check(const ExperimentConfig& config) {
  const fs::path path = FolderOf(config);
  Undo undo;  // removes what is made here
  MakeDirectories(path, undo);
  RefuseUsedDirectory(path);
}

RunDirectory RunDirectory::Create(const ExperimentConfig& config, const RunInfo& info) {
  // 1. The folder, ours alone.
  const fs::path path = FolderOf(config);
  Undo undo;
  MakeDirectories(path, undo);
  RefuseUsedDirectory(path);
  RunDirectory run(path.string(), LockFolder(path));
  RefuseUsedDirectory(path);  // again: another process may have been here before we had the lock
  RemovePendingFiles(path);
  for (const char* name : {kLockName, "config.yaml", "run.json"}) undo.Add(path / name);

  // 2. What the run is.
  run.WriteConfig(config);
  run.Start(info, config.seed);
  undo.Keep();
  return run;
}

RunDirectory RunDirectory::Open(const std::string& path, const RunInfo& info, std::int64_t seed) {
  if (!fs::exists(path + "/config.yaml")) {
    throw UsageError(path + ": holds no run (no config.yaml)");
  }
  RunDirectory run(path, LockFolder(path));
  RemovePendingFiles(path);
  run.Start(info, seed);
  return run;
}

RunDirectory::~RunDirectory() {
  if (!running_ || lock_.get() < 0) return;
  try {
    Finish("failed");
  } catch (const std::exception& error) {
    std::cerr << "curl-rl: the end of the run could not be noted: " << error.what() << "\n";
  }
}

void RunDirectory::Start(const RunInfo& info, std::int64_t seed) {
  Json json;
  json["state"] = "running";
  json["started"] = IsoTimeNow();
  json["resumed"] = nullptr;
  json["ended"] = nullptr;
  Json earlier = Json::array();
  if (fs::exists(File("run.json"))) {  // taken up again: what was at work before stays on record
    Json before = Json::parse(ReadWholeFile(File("run.json")), nullptr, false);
    if (before.is_object()) {
      json["started"] = before["started"];
      json["resumed"] = IsoTimeNow();
      if (before["earlier"].is_array()) earlier = before["earlier"];
      before.erase("earlier");
      earlier.push_back(before);
    }
  }
  json["seed"] = seed;
  json["command"] = info.command;
  json["host"] = HostName();
  json["cpu"] = CpuName();
  json["device"] = info.device;
  json["threads"] = info.threads;
  json["gl"] = info.gl;
  json["versions"] = {{"curl_rl", kVersion},
                      {"git_commit", kGitCommit},
                      {"torch", info.torch_version},
                      {"mujoco", info.mujoco_version},
                      {"compiler", kCompiler}};
  json["earlier"] = earlier;
  record_ = json.dump(2) + "\n";
  WriteFileAtomically(File("run.json"), record_);
  running_ = true;
}

void RunDirectory::RemoveLogs() {
  std::vector<fs::path> paths = {File("train.csv"), File("eval.csv"), File("checkpoints/frames")};
  for (const auto& entry : fs::directory_iterator(path_)) {
    if (entry.path().filename().string().rfind("events.out.tfevents.", 0) == 0) {
      paths.push_back(entry.path());
    }
  }
  for (const auto& path : paths) fs::remove_all(path);
}

void RunDirectory::WriteConfig(const ExperimentConfig& config) {
  WriteFileAtomically(File("config.yaml"), experiments::WriteConfig(config));
}

void RunDirectory::Finish(const std::string& state) {
  running_ = false;
  // What somebody added meanwhile stays; a file that is gone or damaged costs no finished run.
  Json json;
  if (fs::exists(File("run.json"))) {
    json = Json::parse(ReadWholeFile(File("run.json")), nullptr, false);
  }
  if (!json.is_object()) json = Json::parse(record_);
  json["state"] = state;
  json["ended"] = IsoTimeNow();
  WriteFileAtomically(File("run.json"), json.dump(2) + "\n");
}

}  // namespace curl_rl::experiments
