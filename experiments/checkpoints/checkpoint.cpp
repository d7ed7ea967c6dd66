// Writes a checkpoint part by part into a temporary folder; finds, reads and removes those there.
#include "experiments/checkpoints/checkpoint.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <new>
#include <stdexcept>
#include <system_error>

#include "experiments/checkpoints/checkpoint_manifest.h"
#include "experiments/checkpoints/safetensors.h"
#include "experiments/files/atomic_file.h"
#include "experiments/files/checked_json.h"
#include "experiments/machine/gpu_memory.h"
#include "replay/memory.h"

namespace curl_rl::experiments {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr char kManifest[] = "manifest.json";
constexpr char kBest[] = "best.json";
// Ends of folder names that are no checkpoints: being written, being removed, found damaged.
constexpr char kWriting[] = ".tmp";
constexpr char kRemoving[] = ".removed";
constexpr char kDamaged[] = ".damaged";

fs::path Folder(const std::string& run_dir) { return fs::path(run_dir) / "checkpoints"; }

fs::path FolderOf(const std::string& run_dir, std::int64_t env_step) {
  char name[64];
  std::snprintf(name, sizeof(name), "env_step_%012lld", static_cast<long long>(env_step));
  return Folder(run_dir) / name;
}

CheckpointManifest ReadManifest(const fs::path& folder) {
  const auto path = (folder / kManifest).string();
  return ParseManifest(ReadWholeFile(path, kMaxJsonBytes), path);
}

// The env step that best.json names. Throws std::runtime_error naming it if it is damaged.
std::optional<std::int64_t> Best(const std::string& run_dir) {
  const auto path = (Folder(run_dir) / kBest).string();
  if (!fs::exists(path)) return std::nullopt;
  const auto text = ReadWholeFile(path, kMaxJsonBytes);
  const bool format1 = text.rfind("{\"env_step\"", 0) == 0;  // it had no checksum
  const auto best = format1 ? ParseJson(text) : ParseCheckedJson(text, path);
  if (!best.is_object() || !best.contains("env_step") || !best["env_step"].is_number_integer()) {
    throw std::runtime_error(path + ": damaged: no env_step");
  }
  return WholeNumber(best["env_step"], "env_step");
}

// A folder that is renamed first is never seen half removed.
void Remove(const fs::path& folder) {
  const fs::path removing = folder.string() + kRemoving;
  fs::remove_all(removing);
  fs::rename(folder, removing);
  fs::remove_all(removing);
}

// Puts `temporary` in the place of `folder`, which may exist.
void Replace(const fs::path& temporary, const fs::path& folder) {
  if (!fs::exists(folder)) {
    fs::rename(temporary, folder);
  } else if (::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, folder.c_str(), RENAME_EXCHANGE) ==
             0) {
    fs::remove_all(temporary);
  } else {  // a file system that cannot exchange
    Remove(folder);
    fs::rename(temporary, folder);
  }
}

}  // namespace

void WriteCheckpoint(const std::string& run_dir, const Checkpoint& checkpoint) {
  const auto folder = FolderOf(run_dir, checkpoint.env_step);
  const auto temporary = fs::path(folder.string() + kWriting);
  fs::remove_all(temporary);
  fs::create_directories(temporary);
  try {
    CheckpointManifest manifest;
    manifest.state = checkpoint.state;
    for (const auto& [name, tensors] : checkpoint.parts) {
      const auto file = name + ".safetensors";
      const auto path = (temporary / file).string();
      WriteSafetensors(path, tensors, {{"env_step", std::to_string(checkpoint.env_step)}});
      manifest.files[file] = FingerprintOf(path);
    }
    WriteFileAtomically((temporary / kManifest).string(), ManifestText(manifest));
    Replace(temporary, folder);
    SyncFolder(Folder(run_dir).string());
    SyncFolder(run_dir);
  } catch (const std::exception&) {
    std::error_code ignored;  // the first error is the one to report
    fs::remove_all(temporary, ignored);
    throw;
  }
}

std::vector<std::int64_t> ListCheckpoints(const std::string& run_dir) {
  std::vector<std::int64_t> steps;
  if (!fs::is_directory(Folder(run_dir))) return steps;
  for (const auto& entry : fs::directory_iterator(Folder(run_dir))) {
    long long env_step = 0;
    int end = 0;
    const auto name = entry.path().filename().string();
    if (std::sscanf(name.c_str(), "env_step_%12lld%n", &env_step, &end) == 1 &&
        entry.path() == FolderOf(run_dir, env_step)) {  // not somebody's env_step_5
      steps.push_back(env_step);
    }
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

json ReadCheckpointState(const std::string& run_dir, std::int64_t env_step) {
  return ReadManifest(FolderOf(run_dir, env_step)).state;
}

Checkpoint ReadCheckpoint(const std::string& run_dir, std::int64_t env_step,
                          const std::vector<std::string>& parts) {
  const auto folder = FolderOf(run_dir, env_step);
  const auto manifest = ReadManifest(folder);
  Checkpoint checkpoint;
  checkpoint.env_step = env_step;
  checkpoint.state = manifest.state;
  for (const auto& [file, expected] : manifest.files) {
    const auto name = fs::path(file).stem().string();
    if (!parts.empty() && std::find(parts.begin(), parts.end(), name) == parts.end()) continue;
    const auto path = (folder / file).string();
    const auto found = FingerprintOf(path);
    if (!(found == expected)) {
      throw std::runtime_error(path + ": damaged: the manifest says " + expected.Text() +
                               ", the file has " + found.Text());
    }
    checkpoint.parts[name] = ReadSafetensors(path);
  }
  for (const auto& part : parts) {
    if (checkpoint.parts.count(part) == 0) {
      throw std::runtime_error(folder.string() + ": the checkpoint has no part '" + part + "'");
    }
  }
  return checkpoint;
}

std::int64_t FindCheckpoint(const std::string& run_dir, const std::string& which) {
  const auto steps = ListCheckpoints(run_dir);
  if (steps.empty()) throw std::runtime_error(run_dir + ": there is no checkpoint");
  if (which == "latest") return steps.back();
  std::string list;
  for (const auto step : steps) list += (list.empty() ? "" : ", ") + std::to_string(step);
  const auto best = Best(run_dir);
  for (const auto step : steps) {
    if (std::to_string(step) == which || (which == "best" && best == step)) return step;
  }
  throw std::runtime_error(run_dir + ": no checkpoint '" + which + "'; there are: latest, " +
                           (best ? "best, " : "") + list);
}

SavedAgent ReadAgent(const std::string& run_dir, const std::string& which) {
  for (;;) {
    const auto env_step = FindCheckpoint(run_dir, which);
    try {
      return {env_step, ReadCheckpoint(run_dir, env_step, {"agent"}).parts.at("agent")};
    } catch (const std::runtime_error&) {
      if (fs::exists(FolderOf(run_dir, env_step))) throw;
    }
  }
}

void MarkBest(const std::string& run_dir, std::int64_t env_step, double episode_return) {
  const json best = {{"env_step", env_step}, {"episode_return", episode_return}};
  WriteFileAtomically((Folder(run_dir) / kBest).string(), CheckedJsonText(best));
}

void PruneCheckpoints(const std::string& run_dir, std::int64_t keep) {
  const auto steps = ListCheckpoints(run_dir);
  std::optional<std::int64_t> best;
  try {
    best = Best(run_dir);
  } catch (const std::runtime_error&) {
    return;  // it may be any of them; the next best evaluation writes the note anew
  }
  const auto surplus = static_cast<std::int64_t>(steps.size()) - std::max<std::int64_t>(keep, 1);
  for (std::int64_t i = 0; i < surplus; ++i) {
    const auto step = steps[static_cast<std::size_t>(i)];
    if (best != step) Remove(FolderOf(run_dir, step));
  }
}

bool IsDamage(const std::exception& error) {
  if (dynamic_cast<const CannotTakeUp*>(&error) != nullptr) return false;
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return false;
  if (dynamic_cast<const replay::OutOfMemory*>(&error) != nullptr) return false;
  if (const auto* file = dynamic_cast<const FileError*>(&error)) {
    const int code = file->code();  // not there, or no file at all
    return code == ENOENT || code == ENOTDIR || code == EISDIR || code == EINVAL || code == ELOOP;
  }
  if (dynamic_cast<const std::system_error*>(&error) != nullptr) return false;
  const std::string what = error.what();  // LibTorch's, which have no types
  return what.find("allocate memory") == std::string::npos && !IsOutOfGpuMemory(what);
}

std::string SetAsideCheckpoint(const std::string& run_dir, std::int64_t env_step) {
  const auto folder = FolderOf(run_dir, env_step);
  const auto aside = folder.string() + kDamaged;
  std::string path = aside;
  for (int i = 2; fs::exists(fs::symlink_status(path)); ++i) path = aside + "_" + std::to_string(i);
  fs::rename(folder, path);
  return path;
}

std::vector<std::string> SetAsideCheckpointsAfter(const std::string& run_dir,
                                                  std::int64_t env_step) {
  std::vector<std::string> paths;
  for (const auto step : ListCheckpoints(run_dir)) {
    if (step > env_step) paths.push_back(SetAsideCheckpoint(run_dir, step));
  }
  return paths;
}

void RemoveHalfCheckpoints(const std::string& run_dir) {
  if (!fs::is_directory(Folder(run_dir))) return;
  RemovePendingFiles(Folder(run_dir).string());
  const std::vector<fs::directory_entry> entries{fs::directory_iterator(Folder(run_dir)),
                                                 fs::directory_iterator()};
  for (const auto& entry : entries) {
    const auto end = entry.path().extension();
    if (end == kWriting || end == kRemoving) fs::remove_all(entry.path());
  }
}

}  // namespace curl_rl::experiments
