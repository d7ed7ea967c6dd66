// The command `results`: the page of all published results, made or checked.
#include <filesystem>
#include <iostream>
#include <vector>

#include "experiments/commands/arguments.h"
#include "experiments/commands/command.h"
#include "experiments/comparison/report/results_page.h"
#include "experiments/config/usage_error.h"
#include "experiments/files/atomic_file.h"

namespace curl_rl::experiments {
namespace {

namespace po = boost::program_options;
namespace fs = std::filesystem;

constexpr char kImages[] = "images/results";  // beside the page

ArgumentSpec ResultsSpec() {
  ArgumentSpec spec{
      "results [FOLDER] [options]",
      "Makes the page of all published results (docs/results.md and its figures) from "
      "the files in\nFOLDER, default experiments/results."};
  spec.words = {"FOLDER"};
  auto add = spec.options.add_options();
  add("output", po::value<std::string>()->default_value("docs/results.md"), "the page");
  add("check", po::bool_switch(),
      "write nothing; exit status 1 if the page or a figure is not what the files say");
  return spec;
}

struct File {
  std::string path;
  std::string bytes;
};

}  // namespace

int ResultsCommand(const std::vector<std::string>& arguments) {
  const auto parsed = ParseArguments(ResultsSpec(), arguments);
  if (!parsed) return 0;
  const std::string folder = parsed->words.empty() ? "experiments/results" : parsed->words.front();
  if (!fs::is_directory(folder)) throw UsageError(folder + ": is no folder");
  const fs::path output = parsed->options["output"].as<std::string>();

  std::vector<File> files;
  try {
    const comparison::ResultsPage page = comparison::MakeResultsPage(folder, kImages);
    files.push_back({output.string(), page.markdown});
    for (const comparison::Figure& figure : page.figures) {
      files.push_back(
          {(output.parent_path() / kImages / (figure.name + ".svg")).string(), figure.svg});
    }
  } catch (const InputError& error) {
    throw UsageError(error.what());
  }

  if (parsed->options["check"].as<bool>()) {
    for (const File& file : files) {
      if (fs::exists(file.path) && ReadWholeFile(file.path) == file.bytes) continue;
      std::cerr << "curl-rl: " << file.path << ": is not what " << folder
                << " says; `curl-rl results` makes it anew\n";
      return 1;
    }
    return 0;
  }
  for (const File& file : files) {
    fs::create_directories(fs::path(file.path).parent_path());
    WriteFileAtomically(file.path, file.bytes);
    std::cout << file.path << "\n";
  }
  return 0;
}

}  // namespace curl_rl::experiments
