// A comparison's report as a folder.
#include "experiments/comparison/report/report.h"
#include "experiments/reports/folder.h"

namespace curl_rl::comparison {

std::vector<std::string> WriteReport(const Report& report, const std::string& path) {
  reports::Folder folder;
  folder.program = kReportProgram;
  folder.noun = "comparison";
  folder.figures = report.figures;
  folder.tables = report.tables;
  folder.data = report.data;
  folder.page_name = "report.html";
  folder.page = [&](const std::vector<std::string>& warnings) {
    Report shown = report;
    shown.warnings = warnings;
    return ToHtml(shown);
  };
  folder.warnings = report.warnings;
  folder.manifest = report.manifest;
  return reports::WriteFolder(folder, path);
}

}  // namespace curl_rl::comparison
