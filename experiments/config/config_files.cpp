// Finds the shipped configs, in the places and the order in which models are looked for
// (envs/model_path.h).
#include "experiments/config/config_files.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace curl_rl::experiments {
namespace {

namespace fs = std::filesystem;

// CURL_RL_CONFIGS, beside the program, where it was installed, the source tree.
std::vector<fs::path> Folders() {
  std::vector<fs::path> folders;
  // No other thread changes the environment. NOLINTNEXTLINE(concurrency-mt-unsafe)
  if (const char* named = std::getenv("CURL_RL_CONFIGS"); named != nullptr && *named != '\0') {
    folders.emplace_back(named);
  }
  std::error_code none;  // no /proc: the folder beside the program is simply not tried
  const fs::path program = fs::read_symlink("/proc/self/exe", none);
  if (!none) {
    folders.push_back(program.parent_path().parent_path() / "share" / "curl_rl" / "configs");
  }
  folders.emplace_back(CURL_RL_INSTALLED_CONFIGS);  // both are defined in CMakeLists.txt
  folders.emplace_back(CURL_RL_SOURCE_CONFIGS);
  return folders;
}

std::string Find(const fs::path& file) {
  std::error_code none;  // as of a text too long for a file's name
  for (const fs::path& folder : Folders()) {
    if (fs::is_regular_file(folder / file, none)) return (folder / file).string();
  }
  return "";
}

}  // namespace

std::string ConfigPath(const std::string& path) {
  std::error_code none;
  if (fs::exists(path, none) || fs::path(path).is_absolute()) return path;
  const std::string shipped = Find(path);
  return shipped.empty() ? path : shipped;
}

std::string ShippedConfig(const std::string& kind, const std::string& name) {
  if (name.empty() || name.find('/') != std::string::npos) return "";
  return Find(fs::path(kind) / (name + ".yaml"));
}

std::vector<std::string> ShippedConfigs(const std::string& kind) {
  std::error_code none;
  for (const fs::path& folder : Folders()) {
    if (!fs::is_directory(folder / kind, none)) continue;
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder / kind)) {
      if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
    }
    std::sort(names.begin(), names.end());
    return names;  // of the first folder, whose files hide those of the others
  }
  return {};
}

}  // namespace curl_rl::experiments
