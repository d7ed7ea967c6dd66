// The command `sweep`: a grid of runs, here or on Slurm, and their comparison.
#include <filesystem>
#include <iostream>

#include "envs/nearest_name.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/command.h"
#include "experiments/commands/run_sweep.h"
#include "experiments/config/usage_error.h"
#include "experiments/machine/version.h"
#include "experiments/run/run_state.h"
#include "experiments/sweep/campaign.h"
#include "experiments/sweep/publication.h"

namespace curl_rl::experiments {
namespace {

namespace po = boost::program_options;

ArgumentSpec SweepSpec() {
  ArgumentSpec spec{
      "sweep CONFIG.yaml ... [key=value ...] --seeds 0-4 [options]\n"
      "       curl-rl sweep CAMPAIGN.yaml [options]",
      "Trains a grid of runs, tasks x methods x settings x seeds, and compares them. "
      "Called again,\n"
      "it skips what is finished and resumes what is not; Ctrl-C stops every run "
      "with a checkpoint.\n"
      "A campaign is such a grid in a file. docs/sweeps.md tells more."};
  spec.words = {"CONFIG.yaml", "key=value"};
  spec.more_words = true;
  auto add = spec.options.add_options();
  add("seeds", po::value<std::string>()->default_value("0-4"), "0-4 or 1,3,7-9");
  add("tasks", po::value<std::string>(),
      "a,b: instead of the config's task; a shipped tasks/a.yaml is read before CONFIG.yaml");
  add("methods", po::value<std::string>(),
      "x,y: shipped methods (`curl-rl methods`) or files, read after CONFIG.yaml");
  add("set", po::value<std::vector<std::string>>()->composing(),
      "key=v1,v2: an axis of the grid; may be repeated");
  add("output", po::value<std::string>(),
      "folder of the sweep; default runs/sweep_<first CONFIG, method or task>");
  add("jobs", po::value<std::int64_t>()->default_value(0),
      "runs at once; 0: as many as there are cores, memory and GPUs for");
  add("launcher", po::value<std::string>()->default_value("local"),
      "local: child processes; slurm: one job array of the batch system");
  add("time", po::value<std::string>()->default_value(""),
      "slurm: limit of one start of a run, e.g. 12:00:00; it goes on in the next");
  add("partition", po::value<std::string>()->default_value(""), "slurm: where to run");
  add("gpus", po::value<std::int64_t>()->default_value(0), "slurm: for each run");
  add("cpus", po::value<std::int64_t>()->default_value(0), "slurm: for each run; 0: its threads");
  add("memory", po::value<std::string>()->default_value(""),
      "slurm: for each run, e.g. 8G; default an estimate");
  add("save-before", po::value<std::int64_t>()->default_value(120),
      "slurm: seconds before the limit at which a run writes its checkpoint and stops");
  add("sbatch", po::value<std::vector<std::string>>()->composing(),
      "slurm: another option of sbatch, e.g. --sbatch=--account=NAME; may be repeated");
  add("kept", po::value<std::string>(),
      "a campaign's: folder of result files, as experiments/results; runs of it that these hold "
      "are not made again");
  add("dry-run", po::bool_switch(), "tell what would be done, and do nothing");
  AddPluginOption(&spec);
  return spec;
}

// A campaign is what its file says: nothing that decides its runs may be said beside it.
GridOptions GridOf(const Campaign& campaign, const Arguments& arguments) {
  const auto refuse = [&](const std::string& what) {
    throw UsageError(campaign.path + ": is a campaign, which says itself what is run; " + what +
                     " cannot be given beside it (a copy of the file can be another campaign)");
  };
  if (arguments.words.size() > 1) refuse("'" + arguments.words.at(1) + "'");
  for (const char* option : {"seeds", "tasks", "methods", "set"}) {
    const auto& value = arguments.options[option];
    if (!value.empty() && !value.defaulted()) refuse(std::string("--") + option);
  }
  GridOptions grid = campaign.grid;
  grid.plugins = PluginOption(arguments);
  if (arguments.options.count("output") > 0) {
    grid.output = arguments.options["output"].as<std::string>();
  }
  return grid;
}

GridOptions ReadGrid(const Arguments& arguments) {
  for (const std::string& word : arguments.words) {
    const auto campaign = ReadCampaign(word);
    if (!campaign) continue;
    if (word != arguments.words.front()) {
      throw UsageError(word + ": is a campaign and must stand alone");
    }
    return GridOf(*campaign, arguments);
  }
  GridOptions grid;
  const ConfigSources words = ConfigArguments(arguments.words);
  grid.configs = words.files;
  grid.overrides = words.overrides;
  grid.seeds = ParseSeeds(arguments.options["seeds"].as<std::string>());
  const auto list = [&](const std::string& option) {
    if (arguments.options.count(option) == 0) return std::vector<std::string>();
    return ParseList(arguments.options[option].as<std::string>(), "--" + option);
  };
  grid.tasks = list("tasks");
  grid.methods = list("methods");
  if (grid.configs.empty() && grid.tasks.empty() && grid.methods.empty()) {
    throw UsageError("CONFIG.yaml is missing, or --tasks or --methods");
  }
  if (arguments.options.count("set") > 0) {
    for (const std::string& text : arguments.options["set"].as<std::vector<std::string>>()) {
      grid.settings.push_back(ParseSetting(text));
    }
  }
  grid.plugins = PluginOption(arguments);
  const auto& named = !grid.configs.empty()   ? grid.configs
                      : !grid.methods.empty() ? grid.methods
                                              : grid.tasks;
  const std::filesystem::path config = named.front();
  grid.output = arguments.options.count("output") > 0
                    ? arguments.options["output"].as<std::string>()
                    : "runs/sweep_" + config.stem().string();
  while (grid.output.size() > 1 && grid.output.back() == '/') grid.output.pop_back();
  return grid;
}

// Those of a campaign that its result files in `folder` do not hold.
std::vector<Element> LeftToRun(const std::string& path, const std::string& folder,
                               const std::vector<Element>& elements) {
  const auto campaign = ReadCampaign(path);
  if (!campaign) throw UsageError("--kept is for a campaign; " + path + " is a config");
  const std::string base = folder + "/" + campaign->name;
  const auto kept = ReadPublication(base, campaign->name);
  if (!kept) throw UsageError("--kept: no results of this campaign there: " + base + ".json");
  return NotPublished(elements, *kept, kGitCommit);
}

SlurmOptions ReadSlurmOptions(const Arguments& arguments) {
  const po::variables_map& given = arguments.options;
  SlurmOptions options;
  options.time = given["time"].as<std::string>();
  options.partition = given["partition"].as<std::string>();
  options.gpus = IntegerOption(arguments, "gpus", 0, 64);
  options.cpus = IntegerOption(arguments, "cpus", 0, 4096);
  options.memory = given["memory"].as<std::string>();
  options.save_before = IntegerOption(arguments, "save-before", 1, 86400);
  if (given.count("sbatch") > 0) options.more = given["sbatch"].as<std::vector<std::string>>();
  return options;
}

// An option that would do nothing is a misunderstanding.
void RefuseSlurmOptions(const Arguments& arguments) {
  for (const char* name :
       {"time", "partition", "gpus", "cpus", "memory", "save-before", "sbatch"}) {
    const auto& value = arguments.options[name];
    if (!value.empty() && !value.defaulted()) {
      throw UsageError(std::string("--") + name + " is for --launcher slurm");
    }
  }
}

}  // namespace

int SweepCommand(const std::vector<std::string>& arguments) {
  const auto parsed = ParseArguments(SweepSpec(), arguments);
  if (!parsed) return 0;
  const std::string launcher = parsed->options["launcher"].as<std::string>();
  if (launcher != "local" && launcher != "slurm") {
    throw UsageError("--launcher: got '" + launcher + "', allowed: local | slurm" +
                     envs::DidYouMean(launcher, {"local", "slurm"}));
  }
  const SlurmOptions slurm = ReadSlurmOptions(*parsed);
  if (launcher == "local") RefuseSlurmOptions(*parsed);
  const auto jobs = static_cast<int>(IntegerOption(*parsed, "jobs", 0, 4096));
  const GridOptions grid = ReadGrid(*parsed);
  std::vector<Element> elements = ExpandGrid(grid);
  if (parsed->options.count("kept") > 0) {
    elements =
        LeftToRun(parsed->words.front(), parsed->options["kept"].as<std::string>(), elements);
  }
  if (parsed->options["dry-run"].as<bool>()) {
    for (const Element& element : elements) {
      static constexpr const char* kWords[] = {"start   ", "start   ", "resume  ", "finished"};
      std::cout << kWords[static_cast<int>(StageOfRun(element.config, Same::kFolder))] << "  "
                << element.name() << "  " << element.config.run_dir << "\n";
    }
    return 0;
  }
  if (launcher == "slurm") return RunOnSlurm(grid, elements, jobs, slurm, arguments);
  return RunLocally(grid, elements, jobs, arguments);
}

}  // namespace curl_rl::experiments
