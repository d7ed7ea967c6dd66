// Tells run directories, folders of them and results CSVs apart.
#include "experiments/comparison/input/load.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <set>

#include "experiments/comparison/input/evaluations.h"
#include "experiments/comparison/input/other_logs.h"

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

std::string InLowerCase(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// The length of the UTF-8 character at `at`; 0: there is none.
std::size_t CharacterAt(const std::string& text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned first = byte(at);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(at + i) & 0xc0U) != 0x80U) return 0;
  }
  // No shorter form, no surrogates, nothing beyond Unicode's end.
  const unsigned second = byte(at + 1);
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
      (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) {
    return 0;
  }
  return size;
}

}  // namespace

void CheckName(const std::string& name, const std::string& what, const std::string& where) {
  const std::string rest = " has a byte that is no text, at its place ";
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t size = CharacterAt(name, at);
    const auto first = static_cast<unsigned char>(name[at]);
    if (size == 0 || first < 0x20 || first == 0x7f) {
      throw InputError(where + ": " + what + rest + std::to_string(at + 1) +
                       "; allowed: UTF-8 without control characters");
    }
    at += size;
  }
}

std::vector<std::string> DropNames(LoadedRuns* loaded) {
  std::vector<std::string> warnings;
  for (const NameColumn& name : loaded->names) {
    for (std::size_t i = name.begin; i < name.end; ++i) {
      loaded->runs[i].settings.erase(name.column);
    }
    const bool named = !name.column.empty();
    warnings.push_back(name.path + ": the column " +
                       (named ? "'" + name.column + "' has another value in nearly every run: it"
                              : std::string("without a name")) +
                       " is taken for the runs' name and not for a setting" +
                       (named ? " (--method-from " + name.column + " would compare by it)." : "."));
  }
  return warnings;
}

std::vector<std::string> LookAlikes(const std::vector<Run>& runs) {
  std::vector<std::string> warnings;
  const auto look = [&](const char* what, std::string Run::*name) {
    std::map<std::string, std::set<std::string>> spellings;
    for (const Run& run : runs) spellings[InLowerCase(run.*name)].insert(run.*name);
    for (const auto& [lower, names] : spellings) {
      if (names.size() < 2) continue;
      std::string list;
      for (const std::string& one : names) list += (list.empty() ? "'" : ", '") + one + "'";
      warnings.push_back(std::string(what) +
                         " that differ in case alone are different ones: " + list + ".");
    }
  };
  look("Methods", &Run::method);
  look("Tasks", &Run::task);
  return warnings;
}

LoadedRuns LoadRuns(const std::vector<std::string>& paths) {
  LoadedRuns loaded;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::exists(path, error)) {
      if (const auto log = ParseLabelledLog(path)) {
        LoadOtherLog(*log, &loaded);
        continue;
      }
      throw InputError(path + ": " + (error ? error.message() : "no such file or directory"));
    }
    if (fs::is_directory(path)) {
      LoadDirectory(path, &loaded);
      continue;
    }
    const bool csv = InLowerCase(fs::path(path).extension().string()) == ".csv";
    const std::string bytes = ReadInputFile(path);
    if (const std::string format = FormatOfLog(bytes); !format.empty()) {
      throw InputError(path + ": is " + format +
                       ", which does not say what it is of: write TASK:METHOD:SEED=" + path +
                       " (TASK:METHOD:SEED:xREPEAT=... if a step of it is REPEAT env steps)");
    }
    if (!csv) {
      throw InputError(path +
                       ": neither a run directory nor a results file (.csv); docs/comparison.md "
                       "tells what is read");
    }
    ParseResultsCsv(bytes, path, &loaded);
  }
  return loaded;
}

}  // namespace curl_rl::comparison
