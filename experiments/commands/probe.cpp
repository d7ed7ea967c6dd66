// The command `probe`: what the representation of a run holds, as a folder with a page.
#include "experiments/probe/probe.h"

#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "experiments/commands/arguments.h"
#include "experiments/commands/command.h"
#include "experiments/config/usage_error.h"
#include "experiments/files/csv.h"
#include "experiments/probe/report.h"

namespace curl_rl::experiments {
namespace {

ArgumentSpec ProbeSpec() {
  namespace po = boost::program_options;
  ArgumentSpec spec{
      "probe RUN_DIR [options]",
      "Measures what the encoder of a run on pixels holds, beside the same encoder untrained and\n"
      "beside pixels: plays episodes that the run never saw, by its policy and with random "
      "actions,\n"
      "regresses the state on the features, and looks at neighbours. Writes probe.html, "
      "probe.json,\n"
      "figures and tables. Definitions: docs/probe.md."};
  spec.words = {"RUN_DIR"};
  spec.required_words = 1;
  auto add = spec.options.add_options();
  add("checkpoint", po::value<std::string>()->default_value("latest"), "latest | best | ENV_STEP");
  add("output", po::value<std::string>(),
      "folder of the report, default RUN_DIR/probe; an earlier one there is replaced");
  add("episodes", po::value<std::int64_t>()->default_value(20),
      "by the policy, and as many with random actions");
  add("frames", po::value<std::int64_t>()->default_value(4000), "kept of all episodes, at most");
  add("seed", po::value<std::int64_t>()->default_value(1),
      "of the episodes: runs are probed on the same ones");
  add("target", po::value<std::string>()->default_value("state"),
      "state | physics: the state vector, or MuJoCo's qpos and qvel");
  add("pairs", po::value<std::int64_t>()->default_value(512),
      "frames of which two windows are compared");
  add("queries", po::value<std::int64_t>()->default_value(6), "frames shown with neighbours");
  add("neighbours", po::value<std::int64_t>()->default_value(5), "of each");
  add("pixel-components", po::value<std::int64_t>()->default_value(0),
      "principal axes of the pixels; 0: as many as the encoder has features");
  add("bootstrap", po::value<std::int64_t>()->default_value(2000), "replicates of the intervals");
  AddPluginOption(&spec);
  return spec;
}

probe::ProbeOptions ReadOptions(const Arguments& parsed) {
  probe::ProbeOptions options;
  options.run_dir = parsed.words.front();
  options.checkpoint = parsed.options["checkpoint"].as<std::string>();
  // With fewer than 4 none of a kind would be left to judge.
  options.play.episodes = IntegerOption(parsed, "episodes", 4, 100000);
  options.play.frames = IntegerOption(parsed, "frames", 2 * options.play.episodes, 1000000);
  options.play.seed = static_cast<std::uint64_t>(IntegerOption(parsed, "seed", 0, 4294967295));
  const auto target = parsed.options["target"].as<std::string>();
  if (target != "state" && target != "physics") {
    throw UsageError("--target: '" + target + "'; allowed: state | physics");
  }
  options.play.target = target == "state" ? probe::Target::kState : probe::Target::kPhysics;
  options.pairs = IntegerOption(parsed, "pairs", 2, 8192);
  options.queries = IntegerOption(parsed, "queries", 1, 100);
  options.neighbours = IntegerOption(parsed, "neighbours", 1, 10);
  options.pixel_components = IntegerOption(parsed, "pixel-components", 0, 1000);
  options.replicates = static_cast<int>(IntegerOption(parsed, "bootstrap", 100, 1000000));
  options.plugins = PluginOption(parsed);
  return options;
}

}  // namespace

int ProbeCommand(const std::vector<std::string>& arguments) {
  const auto parsed = ParseArguments(ProbeSpec(), arguments);
  if (!parsed) return 0;
  const auto options = ReadOptions(*parsed);
  const auto output = parsed->options.count("output") > 0
                          ? parsed->options["output"].as<std::string>()
                          : options.run_dir + "/probe";
  const auto result = probe::Probe(
      options, [](const std::string& what) { std::fprintf(stderr, "%s\n", what.c_str()); });
  std::vector<std::string> warnings;
  try {
    warnings = probe::WriteProbe(result, options, output);
  } catch (const InputError& error) {
    throw UsageError(error.what());  // something else is there
  }
  std::cout << probe::Headline(result) << "\n\n"
            << reports::ToConsole(probe::MeasureTable(result)) << "\n"
            << reports::ToConsole(probe::RegressionTable(result)) << "\n";
  for (const auto& warning : warnings) std::cout << "Warning: " << warning << "\n";
  std::cout << "Report: " << output << "/probe.html\n";
  return 0;
}

}  // namespace curl_rl::experiments
