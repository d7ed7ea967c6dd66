// Lists the folders that a background is taken from.
#include "experiments/config/backdrop_files.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

namespace curl_rl::experiments {
namespace {

namespace fs = std::filesystem;

// What is in a folder, by name, without hidden files: the first `count`; 0: all.
std::vector<std::string> Entries(const std::string& folder, int count) {
  std::vector<std::string> entries;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename().string().front() != '.') entries.push_back(entry.path().string());
  }
  std::sort(entries.begin(), entries.end());
  if (entries.empty()) throw std::runtime_error(folder + ": the folder is empty");
  if (count > 0 && entries.size() > static_cast<std::size_t>(count)) entries.resize(count);
  return entries;
}

}  // namespace

std::vector<std::vector<std::string>> FilesOfClips(const envs::Disturbances& disturbances) {
  if (disturbances.from.empty()) return {};
  const std::string& from = disturbances.from;
  if (!fs::exists(from)) {
    throw std::runtime_error(from + ": there is no such file or folder (" +
                             envs::TextOf(disturbances) + ")");
  }
  const bool folder = fs::is_directory(from);
  const int count = envs::CountOf(disturbances.background());
  std::vector<std::vector<std::string>> clips;
  if (disturbances.pictures != envs::Strength::kNone) {
    if (!folder) throw std::runtime_error(from + ": pictures must be in a folder, this is none");
    for (const std::string& file : Entries(from, count)) clips.push_back({file});
    return clips;
  }
  for (const std::string& video : folder ? Entries(from, count) : std::vector<std::string>{from}) {
    clips.push_back(fs::is_directory(video) ? Entries(video, kMostFrames)
                                            : std::vector<std::string>{video});
  }
  return clips;
}

std::vector<std::string> BackdropFilesOf(const ExperimentConfig& config) {
  std::vector<envs::Disturbances> all = {envs::ParseDisturbances(config.environment.disturb)};
  for (const std::string& text : config.eval_disturbances) {
    all.push_back(envs::ParseDisturbances(text));
  }
  std::vector<std::string> files;
  for (const envs::Disturbances& disturbances : all) {
    for (const auto& clip : FilesOfClips(disturbances)) {
      files.insert(files.end(), clip.begin(), clip.end());
    }
  }
  return files;
}

}  // namespace curl_rl::experiments
