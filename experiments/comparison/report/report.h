// The report: one HTML page that needs nothing else, and the folder with everything.
#pragma once

#include <string>
#include <vector>

#include "experiments/comparison/report/figures.h"
#include "experiments/comparison/report/tables.h"
#include "experiments/comparison/statistics/analysis.h"
#include "experiments/comparison/statistics/verdict.h"

namespace curl_rl::comparison {

/// Everything that is shown. The same inputs and options give the same.
struct Report {
  std::vector<Verdict> verdicts;
  std::vector<std::string> warnings;
  std::vector<Figure> figures;
  std::vector<Table> tables;  // those shown; `data` are written as CSV only
  std::vector<Table> data;
  std::vector<std::string> citations;
  std::string manifest;  // JSON
};

Report MakeReport(const Dataset& dataset, const Analysis& analysis, const Options& options,
                  const std::vector<InputFile>& inputs);

/// What the manifest names as its program: a report is known by it.
constexpr char kReportProgram[] = "curl-rl compare";

/// What was compared, how, and by which program: input hashes, runs a cell, replicates, seed.
std::string Manifest(const Dataset& dataset, const Options& options,
                     const std::vector<InputFile>& inputs);

std::string ToHtml(const Report& report);

/// Writes the folder of a report, with report.html, as reports::WriteFolder does.
std::vector<std::string> WriteReport(const Report& report, const std::string& path);

}  // namespace curl_rl::comparison
