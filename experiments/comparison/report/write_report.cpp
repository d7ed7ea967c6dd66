// Writes a report's folder, all of it or nothing.
#include <unistd.h>

#include <filesystem>

#include "experiments/comparison/report/raster.h"
#include "experiments/comparison/report/report.h"
#include "experiments/files/atomic_file.h"

namespace curl_rl::comparison {
namespace {

namespace fs = std::filesystem;

// Pixels a unit: sharp on a dense screen and in print.
constexpr double kPngScale = 2;

// A folder that is gone with its owner, unless it was renamed.
class PendingDirectory {
 public:
  explicit PendingDirectory(const fs::path& path) : path_(path) { fs::create_directories(path_); }
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

void WriteFiles(const Report& report, const fs::path& folder) {
  const auto write = [&](const std::string& name, const std::string& bytes) {
    experiments::WriteFileAtomically((folder / name).string(), bytes);
  };
  fs::create_directories(folder / "figures");
  fs::create_directories(folder / "tables");
  for (const Figure& figure : report.figures) {
    write("figures/" + figure.name + ".svg", figure.svg);
    if (CanRasterPng()) {
      RasterPng(figure.svg, (folder / "figures" / (figure.name + ".png")).string(), kPngScale);
    }
  }
  for (const Table& table : report.tables) {
    write("tables/" + table.name + ".csv", ToCsv(table));
    write("tables/" + table.name + ".md", ToMarkdown(table));
  }
  for (const Table& table : report.data) write("tables/" + table.name + ".csv", ToCsv(table));
  write("report.html", ToHtml(report));
  write("manifest.json", report.manifest);
}

}  // namespace

void WriteReport(const Report& report, const std::string& path) {
  fs::path target = fs::absolute(path).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();  // "out/" means "out"
  const bool there = fs::exists(target) && !(fs::is_directory(target) && fs::is_empty(target));
  if (there && !fs::exists(target / "manifest.json")) {
    throw InputError(path +
                     ": something else is there (no manifest.json of an earlier comparison); "
                     "name another --output");
  }
  const std::string mark = std::to_string(::getpid());
  const PendingDirectory pending(target.string() + ".writing-" + mark);
  WriteFiles(report, pending.path());
  // A folder cannot be renamed over a full one: the old report steps aside first.
  const PendingDirectory old(target.string() + ".old-" + mark);
  if (fs::exists(target)) fs::rename(target, old.path() / "report");
  fs::rename(pending.path(), target);
}

}  // namespace curl_rl::comparison
