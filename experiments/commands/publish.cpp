// The command `publish`: a campaign's runs as result files.
#include <filesystem>
#include <iostream>

#include "experiments/commands/arguments.h"
#include "experiments/commands/command.h"
#include "experiments/config/usage_error.h"
#include "experiments/files/atomic_file.h"
#include "experiments/sweep/publication.h"

namespace curl_rl::experiments {
namespace {

namespace po = boost::program_options;
namespace fs = std::filesystem;

ArgumentSpec PublishSpec() {
  ArgumentSpec spec{"publish CAMPAIGN.yaml [options]",
                    "Writes a campaign's runs as results: NAME.csv (a row an evaluation episode), "
                    "NAME.yaml\n(resolved configs) and NAME.json (versions, machine, every run). "
                    "First it checks that all\nruns are finished, of one build, and that the "
                    "build's commit holds the campaign's file\nas it is: declared before it was "
                    "run. docs/sweeps.md tells more."};
  spec.words = {"CAMPAIGN.yaml"};
  spec.required_words = 1;
  auto add = spec.options.add_options();
  add("output", po::value<std::string>()->default_value("experiments/results"),
      "folder of the result files; earlier ones of this campaign are replaced, their runs whose "
      "folders are gone taken over");
  add("runs", po::value<std::string>(), "folder of the runs; default runs/NAME");
  add("partial", po::bool_switch(), "the finished runs of a campaign that is not");
  return spec;
}

}  // namespace

int PublishCommand(const std::vector<std::string>& arguments) {
  const auto parsed = ParseArguments(PublishSpec(), arguments);
  if (!parsed) return 0;
  const std::string& path = parsed->words.front();
  auto campaign = ReadCampaign(path);
  if (!campaign) throw UsageError(path + ": is no campaign, a YAML file with the key 'campaign'");
  if (parsed->options.count("runs") > 0) {
    campaign->grid.output = parsed->options["runs"].as<std::string>();
  }
  const std::string folder = parsed->options["output"].as<std::string>();
  const std::string base = folder + "/" + campaign->name;
  const auto earlier = ReadPublication(base, campaign->name);

  const auto elements = ExpandGrid(campaign->grid);
  const Publication publication =
      MakePublication(*campaign, elements, parsed->options["partial"].as<bool>(), earlier);
  fs::create_directories(folder);
  // The record first: it is what says whose the others are.
  WriteFileAtomically(base + ".json", publication.record);
  WriteFileAtomically(base + ".yaml", publication.configs);
  WriteFileAtomically(base + ".csv", publication.results);
  std::cout << base << ".csv, .yaml, .json: written\n";
  return 0;
}

}  // namespace curl_rl::experiments
