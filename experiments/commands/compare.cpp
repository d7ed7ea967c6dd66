// The command `compare`: options, runs in, report out, the verdict on the terminal.
#include <cmath>
#include <iostream>
#include <sstream>
#include <utility>
#include <vector>

#include "experiments/commands/arguments.h"
#include "experiments/commands/command.h"
#include "experiments/comparison/input/load.h"
#include "experiments/comparison/report/report.h"
#include "experiments/config/usage_error.h"
#include "experiments/reports/raster.h"
#include "experiments/reports/table.h"
#include "experiments/sweep/campaign.h"

namespace curl_rl::experiments {
namespace {

namespace po = boost::program_options;

std::vector<std::string> Words(const std::string& list) {
  std::vector<std::string> words;
  std::istringstream stream(list);
  for (std::string word; std::getline(stream, word, ',');) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

// 100000, 100k or 1.5M.
double ParseNumber(std::string text, const std::string& option) {
  const std::string whole = text;
  double factor = 1;
  if (!text.empty() && (text.back() == 'k' || text.back() == 'M')) {
    factor = text.back() == 'k' ? 1e3 : 1e6;
    text.pop_back();
  }
  std::istringstream stream(text);
  double value = 0;
  if (!(stream >> value) || !stream.eof() || !std::isfinite(value)) {
    throw UsageError("--" + option + ": '" + whole + "' is no number; allowed: 500000, 500k, 0.5M");
  }
  return value * factor;
}

bool ChooseBetween(const po::variables_map& options, const std::string& name,
                   const std::string& yes, const std::string& no) {
  const std::string value = options[name].as<std::string>();
  if (value != yes && value != no) {
    throw UsageError("--" + name + ": '" + value + "'; allowed: " + yes + " | " + no);
  }
  return value == yes;
}

ArgumentSpec CompareSpec() {
  ArgumentSpec spec{
      "compare RUN_DIR|RESULTS.csv|CAMPAIGN.yaml ... [options]",
      "Compares methods over tasks and seeds: scores, learning curves, aggregates with\n"
      "intervals. Takes run directories, folders of them, results files and campaigns, and writes "
      "report.html,\nfigures and tables. Definitions: docs/comparison.md."};
  spec.words = {"RUN_DIR|RESULTS.csv|CAMPAIGN.yaml"};
  spec.required_words = 1;
  spec.more_words = true;
  auto add = spec.options.add_options();
  const auto text = [](const char* value) {
    return po::value<std::string>()->default_value(value);
  };
  add("output", text("comparison"), "folder of the report; an earlier report there is replaced");
  add("published", po::bool_switch(), "add the scores that others published");
  add("runs", po::value<std::string>(), "folder of a campaign's runs; default runs/NAME");
  add("task", po::value<std::string>(), "only these, separated by commas");
  add("at", text("100k,500k"), "env steps of the score tables");
  add("method-from", text(""), "the config key that tells methods apart, e.g. agent.batch_size");
  add("threshold", text("500"), "raw scores for steps to a threshold");
  add("hold", po::value<std::int64_t>()->default_value(2),
      "evaluations on end that a threshold must be held");
  add("center", text("mean"), "mean | iqm: lines of the learning curves");
  add("iqm", text("rliable"), "rliable | exact: whole or fractional scores cut off");
  add("max-score", po::value<double>()->default_value(1000),
      "highest return; scores are divided by it");
  add("smooth", po::value<std::int64_t>()->default_value(1),
      "evaluations averaged in plotted curves; 1: none");
  add("bootstrap", po::value<std::int64_t>()->default_value(50000), "replicates");
  add("seed", po::value<std::int64_t>()->default_value(1), "of the bootstrap");
  add("threads", po::value<std::int64_t>()->default_value(0),
      "0: all cores; results do not depend on it");
  return spec;
}

// A campaign stands for those of its runs that have an evaluation.
std::vector<std::string> Inputs(const Arguments& arguments) {
  std::vector<std::string> inputs;
  for (const std::string& word : arguments.words) {
    auto campaign = ReadCampaign(word);
    if (!campaign) {
      inputs.push_back(word);
      continue;
    }
    if (arguments.options.count("runs") > 0) {
      campaign->grid.output = arguments.options["runs"].as<std::string>();
    }
    const auto elements = ExpandGrid(campaign->grid);
    const auto runs = Evaluated(elements);
    if (runs.empty()) {
      throw UsageError(word + ": no run of this campaign has an evaluation yet, in " +
                       campaign->grid.output);
    }
    if (runs.size() < elements.size()) {
      std::cerr << "curl-rl: " << word << ": " << runs.size() << " of " << elements.size()
                << " runs have an evaluation\n";
    }
    inputs.insert(inputs.end(), runs.begin(), runs.end());
  }
  return inputs;
}

comparison::Options ReadOptions(const Arguments& arguments) {
  const po::variables_map& given = arguments.options;
  comparison::Options options;
  options.inputs = Inputs(arguments);
  options.output = given["output"].as<std::string>();
  options.published = given["published"].as<bool>();
  if (given.count("task") > 0) options.tasks = Words(given["task"].as<std::string>());
  options.method_from = given["method-from"].as<std::string>();
  options.at.clear();
  for (const std::string& word : Words(given["at"].as<std::string>())) {
    const double step = ParseNumber(word, "at");
    if (step < 1) throw UsageError("--at: '" + word + "'; steps are 1 or more");
    options.at.push_back(static_cast<std::int64_t>(std::llround(step)));
  }
  options.thresholds.clear();
  for (const std::string& word : Words(given["threshold"].as<std::string>())) {
    options.thresholds.push_back(ParseNumber(word, "threshold"));
  }
  options.hold = static_cast<int>(IntegerOption(arguments, "hold", 1, 1000));
  options.smooth = static_cast<int>(IntegerOption(arguments, "smooth", 1, 1000));
  options.max_score = given["max-score"].as<double>();
  if (!(options.max_score > 0) || !std::isfinite(options.max_score)) {
    throw UsageError("--max-score: must be above 0");
  }
  options.iqm = ChooseBetween(given, "iqm", "exact", "rliable") ? comparison::IqmKind::kExact
                                                                : comparison::IqmKind::kRliable;
  options.center = ChooseBetween(given, "center", "iqm", "mean") ? comparison::Center::kIqm
                                                                 : comparison::Center::kMean;
  options.bootstrap.replicates =
      static_cast<int>(IntegerOption(arguments, "bootstrap", 100, 10000000));
  options.bootstrap.seed =
      static_cast<std::uint64_t>(IntegerOption(arguments, "seed", 0, 9007199254740992));
  options.bootstrap.threads = static_cast<int>(IntegerOption(arguments, "threads", 0, 1024));
  return options;
}

void Compare(const comparison::Options& options) {
  comparison::LoadedRuns loaded = comparison::LoadRuns(options.inputs);
  std::vector<std::string> warnings;
  if (options.method_from.empty()) warnings = comparison::DropNames(&loaded);
  comparison::NameMethods(options.method_from, &loaded.runs);
  for (auto& warning : comparison::LookAlikes(loaded.runs)) warnings.push_back(std::move(warning));
  const comparison::Dataset dataset =
      comparison::MakeDataset(std::move(loaded.runs), options.tasks);
  const comparison::Analysis analysis = comparison::Analyse(dataset, options);
  comparison::Report report = comparison::MakeReport(dataset, analysis, options, loaded.inputs);
  report.warnings.insert(report.warnings.begin(), warnings.begin(), warnings.end());
  report.warnings = comparison::WriteReport(report, options.output);

  for (const comparison::Verdict& verdict : report.verdicts) std::cout << verdict.headline << "\n";
  std::cout << "\n" << reports::ToConsole(report.tables.front());
  for (const comparison::Table& table : report.tables) {
    if (table.name == "aggregates") std::cout << "\n" << reports::ToConsole(table);
  }
  std::cout << "\n";
  for (const std::string& warning : report.warnings) std::cout << "Warning: " << warning << "\n";
  if (!reports::CanRasterPng()) std::cout << "Figures are SVG only: built without librsvg.\n";
  std::cout << "Report: " << options.output << "/report.html\n";
}

}  // namespace

int CompareCommand(const std::vector<std::string>& arguments) {
  const auto parsed = ParseArguments(CompareSpec(), arguments);
  if (!parsed) return 0;
  const comparison::Options options = ReadOptions(*parsed);
  try {
    Compare(options);
  } catch (const comparison::InputError& error) {
    throw UsageError(error.what());  // what was given cannot be compared
  }
  return 0;
}

}  // namespace curl_rl::experiments
