// Writes a report's folder, all of it or nothing.
#include "experiments/reports/folder.h"

#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "experiments/files/atomic_file.h"
#include "experiments/files/checked_json.h"
#include "experiments/files/csv.h"
#include "experiments/reports/raster.h"

namespace curl_rl::reports {
namespace {

using experiments::InputError;

namespace fs = std::filesystem;

// Pixels a unit: sharp on a dense screen and in print.
constexpr double kPngScale = 2;

constexpr char kManifest[] = "manifest.json";

// A new folder beside `target` that is gone with its owner, unless it was renamed.
class PendingDirectory {
 public:
  PendingDirectory(const fs::path& target, const std::string& mark) {
    fs::create_directories(target.parent_path());
    const std::string name = target.string() + mark + std::to_string(::getpid());
    path_ = name;  // made here, never found: what is found may be somebody's
    for (int i = 2; !fs::create_directory(path_); ++i) path_ = name + "_" + std::to_string(i);
  }
  ~PendingDirectory() {
    std::error_code ignored;  // nothing to be done about a folder that cannot be removed
    fs::remove_all(path_, ignored);
  }
  PendingDirectory(const PendingDirectory&) = delete;
  PendingDirectory& operator=(const PendingDirectory&) = delete;

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// The folder has another name once the message is read.
std::string WithoutFolder(std::string message, const fs::path& folder) {
  const std::string name = folder.string() + "/";
  for (std::size_t at; (at = message.find(name)) != std::string::npos;)
    message.erase(at, name.size());
  return message;
}

std::vector<std::string> WriteFiles(const Folder& content, const fs::path& folder) {
  const auto write = [&](const std::string& name, const std::string& bytes) {
    experiments::WriteFileAtomically((folder / name).string(), bytes);
  };
  auto warnings = content.warnings;
  fs::create_directories(folder / "figures");
  fs::create_directories(folder / "tables");
  for (const Table& table : content.tables) {
    write("tables/" + table.name + ".csv", ToCsv(table));
    write("tables/" + table.name + ".md", ToMarkdown(table));
  }
  for (const Table& table : content.data) write("tables/" + table.name + ".csv", ToCsv(table));
  for (const auto& [name, bytes] : content.files) write(name, bytes);
  for (const Figure& figure : content.figures) {
    write("figures/" + figure.name + ".svg", figure.svg);
    if (!CanRasterPng()) continue;
    const fs::path path = folder / "figures" / (figure.name + ".png");
    try {
      RasterPng(figure.svg, path.string(), kPngScale);
    } catch (const std::runtime_error& error) {  // days of runs end in the tables all the same
      std::error_code ignored;
      fs::remove(path, ignored);
      warnings.push_back("The figure " + figure.name +
                         " is there as SVG only: " + WithoutFolder(error.what(), folder) + ".");
    }
  }
  write(content.page_name, content.page(warnings));

  // Last, the proof of whose folder this is: the names of all its files.
  auto manifest = nlohmann::ordered_json::parse(content.manifest);
  manifest["files"] = {kManifest};
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_directory()) {
      manifest["files"].push_back(entry.path().lexically_relative(folder).string());
    }
  }
  write(kManifest, manifest.dump(2) + "\n");
  return warnings;
}

// The files that the report in `folder` says it has; nothing if it is no report of `program`.
std::optional<std::set<std::string>> FilesOfReport(const fs::path& folder,
                                                   const std::string& program) {
  const fs::path path = folder / kManifest;
  if (!fs::is_regular_file(fs::symlink_status(path))) return std::nullopt;
  const auto manifest = experiments::ParseJson(experiments::ReadWholeFile(path.string()));
  if (!manifest.is_object() || manifest.value("program", nlohmann::json()) != program ||
      !manifest.contains("files") || !manifest["files"].is_array()) {
    return std::nullopt;
  }
  std::set<std::string> files;
  for (const auto& name : manifest["files"]) {
    if (name.is_string()) files.insert(name.get<std::string>());
  }
  return files;
}

// Throws InputError unless `folder` is empty or an earlier report with nothing else in it; it is
// told of as `shown`.
void RefuseForeign(const fs::path& folder, const Folder& content, const std::string& shown) {
  if (!fs::is_directory(folder)) throw InputError(shown + ": is not a folder");
  if (fs::is_empty(folder)) return;
  const auto files = FilesOfReport(folder, content.program);
  if (!files) {
    throw InputError(shown + ": something else is there (no manifest.json of an earlier " +
                     content.noun + " that lists its files); name another --output");
  }
  std::set<std::string> folders;
  for (const std::string& file : *files) {
    for (fs::path up = fs::path(file).parent_path(); !up.empty(); up = up.parent_path()) {
      if (!folders.insert(up.string()).second) break;
    }
  }
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).string();
    const fs::file_status status = entry.symlink_status();
    if (fs::is_directory(status) ? folders.count(name) > 0 : files->count(name) > 0) continue;
    throw InputError(shown + ": " + name + " is no part of the earlier " + content.noun +
                     " there; move it away, or name another --output");
  }
}

// Where the report goes: behind a link, so that the link stays one.
fs::path Target(const std::string& path) {
  fs::path target = fs::absolute(path).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();  // "out/" means "out"
  if (!fs::is_symlink(target)) return target;
  if (!fs::exists(target)) throw InputError(path + ": is a link to nothing");
  return fs::canonical(target);
}

}  // namespace

std::vector<std::string> WriteFolder(const Folder& content, const std::string& path) {
  const fs::path target = Target(path);
  const bool there = fs::exists(fs::symlink_status(target));
  if (there) RefuseForeign(target, content, path);
  const PendingDirectory pending(target, ".writing-");
  auto warnings = WriteFiles(content, pending.path());
  if (!there) {
    fs::rename(pending.path(), target);
    return warnings;
  }
  // A folder cannot be renamed over a full one: the old report steps aside first, and is looked at
  // again where nobody puts anything any more.
  const PendingDirectory old(target, ".old-");
  const fs::path aside = old.path() / "report";
  fs::rename(target, aside);
  try {
    RefuseForeign(aside, content, path);
    fs::rename(pending.path(), target);
  } catch (const std::exception&) {
    fs::rename(aside, target);
    throw;
  }
  return warnings;
}

}  // namespace curl_rl::reports
