// Tells run directories, folders of them and results CSVs apart.
#include "experiments/comparison/input/load.h"

#include <algorithm>
#include <filesystem>

namespace curl_rl::comparison {
namespace {

namespace fs = std::filesystem;

bool IsRunDirectory(const fs::path& path) {
  return fs::exists(path / "config.yaml") && fs::exists(path / "eval.csv");
}

// Sorted, so that the order of a directory listing decides nothing.
std::vector<std::string> RunDirectoriesBelow(const fs::path& path) {
  std::vector<std::string> found;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path)) {
    if (entry.is_directory() && IsRunDirectory(entry.path()))
      found.push_back(entry.path().string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

void LoadDirectory(const std::string& path, LoadedRuns* loaded) {
  if (IsRunDirectory(path)) return LoadRunDirectory(path, loaded);
  const bool config = fs::exists(fs::path(path) / "config.yaml");
  const bool evaluations = fs::exists(fs::path(path) / "eval.csv");
  const std::vector<std::string> below = RunDirectoriesBelow(path);
  // Half a run directory is told from something else altogether: the remedy differs.
  if (below.empty()) {
    throw InputError(path + ": this directory is no run: it has " +
                     (config ? "config.yaml but no eval.csv (no evaluation yet)"
                      : evaluations
                          ? "eval.csv but no config.yaml"
                          : "neither config.yaml nor eval.csv, and no directory below has") +
                     "; a run directory has both");
  }
  for (const std::string& run : below) LoadRunDirectory(run, loaded);
}

}  // namespace

LoadedRuns LoadRuns(const std::vector<std::string>& paths) {
  LoadedRuns loaded;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::exists(path, error)) {
      throw InputError(path + ": " + (error ? error.message() : "no such file or directory"));
    }
    if (fs::is_directory(path)) {
      LoadDirectory(path, &loaded);
    } else if (fs::path(path).extension() == ".csv") {
      LoadResultsCsv(path, &loaded);
    } else {
      throw InputError(path + ": neither a run directory nor a results file (.csv)");
    }
  }
  return loaded;
}

}  // namespace curl_rl::comparison
