// The folder of a report: page, figures, tables, manifest.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "experiments/reports/page.h"
#include "experiments/reports/table.h"

namespace curl_rl::reports {

/// What a folder is to hold.
struct Folder {
  std::string program;  // as the manifest's "program" says: a report is known by it
  std::string noun;     // what messages call it: "comparison"
  std::vector<Figure> figures;
  std::vector<Table> tables;                 // as CSV and Markdown
  std::vector<Table> data;                   // as CSV only
  std::map<std::string, std::string> files;  // more, bytes by name
  std::string page_name;                     // "report.html"
  std::function<std::string(const std::vector<std::string>& warnings)> page;
  std::vector<std::string> warnings;
  std::string manifest;  // JSON, an object
};

/// Writes the page, manifest.json, figures/ (SVG, and PNG where this build can) and tables/ (CSV
/// and Markdown) to a folder beside `path`, then renames it: `path` is never there half-written.
/// What is replaced is an empty folder, or an earlier report: its manifest.json says that the same
/// program wrote it and lists all its files. For anything else at `path`, and for a report with
/// anything in it that is not listed, InputError is thrown and nothing is touched. A link stays a
/// link: the report goes to where it leads.
///
/// A figure that cannot be drawn as PNG, for one because it is too large, is there as SVG. Returns
/// the report's warnings, with one for each such figure.
std::vector<std::string> WriteFolder(const Folder& content, const std::string& path);

}  // namespace curl_rl::reports
