// Puts figures, tables, verdicts and the manifest of a comparison together.
#include "experiments/comparison/report/report.h"

#include <nlohmann/json.hpp>

#include "experiments/comparison/report/representation.h"
#include "experiments/comparison/statistics/format.h"
#include "experiments/machine/version.h"

namespace curl_rl::comparison {

Report MakeReport(const Dataset& dataset, const Analysis& analysis, const Options& options,
                  const std::vector<InputFile>& inputs) {
  Report report;
  const std::vector<PublishedScore> published =
      options.published ? PublishedScores() : std::vector<PublishedScore>();
  report.warnings = analysis.warnings;
  std::vector<ComparedCurve> curves;
  if (options.published) {
    curves = ComparePublished(dataset, options, PublishedCurves(dataset.tasks), &report.warnings);
  }
  report.verdicts = Verdicts(dataset, analysis);
  report.figures = MakeFigures(dataset, analysis, options, published, curves);
  report.tables = {ScoreTable(analysis)};
  if (!analysis.aggregates.empty()) report.tables.push_back(AggregateTable(analysis));
  report.tables.push_back(AreaTable(analysis));
  if (!analysis.step_thresholds.empty()) report.tables.push_back(ThresholdTable(analysis));
  if (!analysis.pairs.empty()) report.tables.push_back(PairTable(analysis, options));
  if (options.published) {
    report.tables.push_back(PublishedTable(analysis, options, published, &report.citations));
  }
  report.data = {CurveData(analysis), ProfileData(analysis), PassageData(analysis)};
  if (!curves.empty()) {
    report.tables.push_back(PublishedCurveTable(curves, &report.citations));
    report.data.push_back(PublishedCurveData(curves));
  }
  if (AnyProbe(dataset)) {
    report.figures.push_back(ProbeFigure(dataset, options));
    report.tables.push_back(ProbeTable(dataset));
    const Table relation = ProbeRelationTable(dataset, options);
    if (!relation.rows.empty()) report.tables.push_back(relation);
  }
  if (AnyMetric(dataset)) {
    report.figures.push_back(MetricsFigure(dataset));
    report.data.push_back(MetricData(dataset));
  }
  report.manifest = Manifest(dataset, options, inputs);
  return report;
}

std::string Manifest(const Dataset& dataset, const Options& options,
                     const std::vector<InputFile>& inputs) {
  using Json = nlohmann::ordered_json;
  Json root;
  root["program"] = kReportProgram;
  root["version"] = experiments::kVersion;
  root["git_commit"] = experiments::kGitCommit;
  root["bootstrap"] = {{"replicates", options.bootstrap.replicates},
                       {"curve_replicates", options.curve_bootstrap().replicates},
                       {"seed", options.bootstrap.seed},
                       {"confidence", options.bootstrap.confidence},
                       {"interval", "percentile, runs resampled inside each task"}};
  root["iqm"] = options.iqm == IqmKind::kRliable ? "rliable" : "exact";
  root["center"] = options.center == Center::kMean ? "mean" : "iqm";
  root["smooth"] = options.smooth;
  root["max_score"] = options.max_score;
  root["at"] = options.at;
  root["thresholds"] = options.thresholds;
  root["hold"] = options.hold;
  root["method_from"] = options.method_from;
  root["runs"] = Json::array();
  for (const std::string& task : dataset.tasks) {
    for (const std::string& method : dataset.methods) {
      const std::vector<const Run*> cell = dataset.Cell(task, method);
      if (cell.empty()) continue;
      Json seeds = Json::array();
      for (const Run* run : cell) seeds.push_back(run->seed);
      root["runs"].push_back(
          {{"task", task}, {"method", method}, {"n", cell.size()}, {"seeds", seeds}});
    }
  }
  root["inputs"] = Json::array();
  for (const InputFile& input : inputs) {
    root["inputs"].push_back({{"path", input.path}, {"crc32", input.crc32}});
  }
  // A path may be any bytes; JSON is UTF-8.
  return root.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

}  // namespace curl_rl::comparison
