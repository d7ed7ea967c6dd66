// Makes, takes up and closes the folder of a run.
#include "experiments/run/run_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "experiments/config/config_reader.h"
#include "experiments/config/config_schema.h"
#include "experiments/config/usage_error.h"
#include "experiments/files/checked_json.h"
#include "experiments/machine/version.h"

namespace curl_rl::experiments {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr char kLockName[] = "lock";
constexpr char kEventFile[] = "events.out.tfevents.";  // how TensorBoard's files begin

std::string IsoTimeNow() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

// Arguments and paths may be any bytes; JSON is UTF-8.
std::string JsonText(const Json& json) {
  return json.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
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
    if (fs::is_symlink(path)) throw UsageError(path.string() + ": is a link to nothing");
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

// As on some network and FUSE file systems.
bool HasNoLocks(int error) { return error == ENOSYS || error == ENOLCK || error == EOPNOTSUPP; }

bool IsTheFileAt(const std::string& path, const FileDescriptor& file) {
  struct stat ours {};
  struct stat there {};
  if (::fstat(file.get(), &ours) != 0) ThrowErrno(path, "cannot lock");
  return ::lstat(path.c_str(), &there) == 0 && there.st_ino == ours.st_ino &&
         there.st_dev == ours.st_dev;
}

fs::path FolderOf(const ExperimentConfig& config) {
  const fs::path path = RunDirectoryOf(config);
  return path.has_filename() ? path : path.parent_path();  // "dir/" names dir
}

}  // namespace

// The kernel frees a flock when its process ends, however it ends: a lock file alone says nothing.
FileDescriptor LockFolder(const std::string& directory) {
  const std::string path = directory + "/" + kLockName;
  for (;;) {
    // A link there is nobody's lock: what it leads to would be cut to nothing.
    FileDescriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666));
    if (lock.get() < 0) ThrowErrno(directory, "cannot write there");
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) {
        std::string owner = ReadWholeFile(path, kMaxJsonBytes);
        if (!owner.empty()) owner = " (" + owner.substr(0, owner.find('\n')) + ")";
        throw UsageError(directory + ": another process is at work there" + owner);
      }
      if (!HasNoLocks(errno)) ThrowErrno(path, "cannot lock");
      std::cerr << "curl-rl: warning: " << path << ": its file system has no locks ("
                << std::generic_category().message(errno)
                << "); a second process at work there would not be noticed\n";
    }
    // Another process may have removed the file between the two calls: then this is the lock of
    // nothing.
    if (!IsTheFileAt(path, lock)) continue;
    if (::ftruncate(lock.get(), 0) != 0) ThrowErrno(path, "cannot write");
    WriteAll(lock, "host " + HostName() + " pid " + std::to_string(::getpid()) + "\n", path);
    return lock;
  }
}

bool IsLocked(const std::string& directory) {
  const std::string path = directory + "/" + kLockName;
  const FileDescriptor lock(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  return lock.get() >= 0 && ::flock(lock.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

FileDescriptor LockRun(const std::string& run_dir) {
  const auto require_run = [&] {
    if (!fs::exists(run_dir + "/config.yaml")) {
      throw UsageError(run_dir + ": holds no run (no config.yaml)");
    }
  };
  require_run();  // nothing is left in a folder that is none
  FileDescriptor lock = LockFolder(run_dir);
  require_run();
  return lock;
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
  return Open(path, LockRun(path), info, seed);
}

RunDirectory RunDirectory::Open(const std::string& path, FileDescriptor lock, const RunInfo& info,
                                std::int64_t seed) {
  RunDirectory run(path, std::move(lock));
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
    Json before = ParseOrderedJson(ReadWholeFile(File("run.json"), kMaxJsonBytes));
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
  for (const auto& [name, version] : info.environment) json["environment"][name] = version;
  json["task_files"] = info.task_files;
  if (!info.task_change.empty()) json["task_change"] = info.task_change;
  json["earlier"] = earlier;
  record_ = JsonText(json);
  WriteFileAtomically(File("run.json"), record_);
  running_ = true;
}

std::vector<std::string> RunDirectory::SetAsideLogs() {
  // 1. What there is. An event file's new name must not be one that TensorBoard would read.
  std::vector<std::pair<fs::path, std::string>> moves;  // with the new name's beginning
  for (const char* name : {"train.csv", "eval.csv", "checkpoints/frames"}) {
    if (fs::exists(File(name))) moves.emplace_back(File(name), File(name) + ".old_");
  }
  for (const auto& entry : fs::directory_iterator(path_)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind(kEventFile, 0) != 0) continue;
    moves.emplace_back(entry.path(),
                       File("events." + name.substr(sizeof kEventFile - 1) + ".old_"));
  }
  // 2. One number for all of it, the first that is free.
  int number = 1;
  const auto taken = [&](const auto& move) {
    return fs::exists(fs::symlink_status(move.second + std::to_string(number)));
  };
  while (std::any_of(moves.begin(), moves.end(), taken)) ++number;
  std::vector<std::string> kept;
  for (const auto& [path, begin] : moves) {
    kept.push_back(begin + std::to_string(number));
    fs::rename(path, kept.back());
  }
  return kept;
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
  WriteFileAtomically(File("run.json"), JsonText(json));
}

}  // namespace curl_rl::experiments
