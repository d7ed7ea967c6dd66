#include "experiments/checkpoint.h"

#include <fcntl.h>
#include <zlib.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "experiments/atomic_file.h"
#include "experiments/safetensors.h"

namespace curl_rl::experiments {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int kFormat = 1;  // of the manifest; a reader refuses any other
constexpr char kManifest[] = "manifest.json";

fs::path Folder(const std::string& run_dir) { return fs::path(run_dir) / "checkpoints"; }

fs::path FolderOf(const std::string& run_dir, std::int64_t env_step) {
  char name[64];
  std::snprintf(name, sizeof(name), "env_step_%012lld", static_cast<long long>(env_step));
  return Folder(run_dir) / name;
}

// Size and CRC-32 of a file, as the manifest has them.
json Fingerprint(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) ThrowErrno(path, "cannot open");
  std::vector<unsigned char> buffer(1 << 20);
  uLong crc = ::crc32(0, nullptr, 0);
  std::int64_t size = 0;
  for (;;) {
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count < 0) ThrowErrno(path, "cannot read");
    if (count == 0) break;
    crc = ::crc32(crc, buffer.data(), static_cast<uInt>(count));
    size += count;
  }
  return {{"bytes", size}, {"crc32", crc}};
}

void SyncFolder(const fs::path& folder) {
  const FileDescriptor file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (file.get() < 0) ThrowErrno(folder.string(), "cannot open");
  Sync(file, folder.string());
}

json ReadManifest(const fs::path& folder) {
  const auto path = (folder / kManifest).string();
  const auto manifest = json::parse(ReadWholeFile(path), nullptr, /*allow_exceptions=*/false);
  if (!manifest.is_object() || !manifest.contains("format") || !manifest.contains("files") ||
      !manifest.contains("state") || !manifest["files"].is_object()) {
    throw std::runtime_error(path + ": damaged: not a checkpoint's manifest");
  }
  if (manifest["format"] != kFormat) {
    throw std::runtime_error(path + ": format " + manifest["format"].dump() +
                             ", this program reads format " + std::to_string(kFormat));
  }
  return manifest;
}

std::optional<std::int64_t> Best(const std::string& run_dir) {
  const auto path = Folder(run_dir) / "best.json";
  if (!fs::exists(path)) return std::nullopt;
  const auto best = json::parse(ReadWholeFile(path.string()), nullptr, false);
  if (!best.is_object() || !best.contains("env_step")) return std::nullopt;
  return best["env_step"].get<std::int64_t>();
}

}  // namespace

void WriteCheckpoint(const std::string& run_dir, const Checkpoint& checkpoint) {
  const auto folder = FolderOf(run_dir, checkpoint.env_step);
  const auto temporary = fs::path(folder.string() + ".tmp");
  fs::remove_all(temporary);
  fs::create_directories(temporary);
  try {
    json files = json::object();
    for (const auto& [name, tensors] : checkpoint.parts) {
      const auto file = name + ".safetensors";
      const auto path = (temporary / file).string();
      WriteSafetensors(path, tensors, {{"env_step", std::to_string(checkpoint.env_step)}});
      files[file] = Fingerprint(path);
    }
    const json manifest = {{"format", kFormat}, {"files", files}, {"state", checkpoint.state}};
    WriteFileAtomically((temporary / kManifest).string(), manifest.dump(2) + "\n");
    SyncFolder(temporary);
    fs::remove_all(folder);
    fs::rename(temporary, folder);
    SyncFolder(Folder(run_dir));
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
        static_cast<std::size_t>(end) == name.size()) {
      steps.push_back(env_step);
    }
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

json ReadCheckpointState(const std::string& run_dir, std::int64_t env_step) {
  return ReadManifest(FolderOf(run_dir, env_step))["state"];
}

Checkpoint ReadCheckpoint(const std::string& run_dir, std::int64_t env_step,
                          const std::vector<std::string>& parts) {
  const auto folder = FolderOf(run_dir, env_step);
  const auto manifest = ReadManifest(folder);
  Checkpoint checkpoint;
  checkpoint.env_step = env_step;
  checkpoint.state = manifest["state"];
  for (const auto& [file, expected] : manifest["files"].items()) {
    const auto name = fs::path(file).stem().string();
    if (!parts.empty() && std::find(parts.begin(), parts.end(), name) == parts.end()) continue;
    const auto path = (folder / file).string();
    const auto found = Fingerprint(path);
    if (found != expected) {
      throw std::runtime_error(path + ": damaged: the manifest says " + expected.dump() +
                               ", the file is " + found.dump());
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

void MarkBest(const std::string& run_dir, std::int64_t env_step, double episode_return) {
  const json best = {{"env_step", env_step}, {"episode_return", episode_return}};
  WriteFileAtomically((Folder(run_dir) / "best.json").string(), best.dump() + "\n");
}

void PruneCheckpoints(const std::string& run_dir, std::int64_t keep) {
  const auto steps = ListCheckpoints(run_dir);
  const auto best = Best(run_dir);
  const auto surplus = static_cast<std::int64_t>(steps.size()) - std::max<std::int64_t>(keep, 1);
  for (std::int64_t i = 0; i < surplus; ++i) {
    const auto step = steps[static_cast<std::size_t>(i)];
    if (best != step) fs::remove_all(FolderOf(run_dir, step));
  }
}

}  // namespace curl_rl::experiments
