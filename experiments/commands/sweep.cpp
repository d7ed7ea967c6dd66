// sweep: a grid of runs, here or on Slurm, and their comparison.
#include <torch/torch.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "envs/nearest_name.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/command.h"
#include "experiments/config/usage_error.h"
#include "experiments/machine/cuda_driver.h"
#include "experiments/machine/signals.h"
#include "experiments/machine/torch_info.h"
#include "experiments/machine/version.h"
#include "experiments/run/run_directory.h"
#include "experiments/run/run_state.h"
#include "experiments/sweep/campaign.h"
#include "experiments/sweep/gpu_share.h"
#include "experiments/sweep/local_launcher.h"
#include "experiments/sweep/run_log.h"
#include "experiments/sweep/slurm.h"
#include "replay/memory.h"

namespace curl_rl::experiments {
namespace {

namespace po = boost::program_options;

ArgumentSpec Spec() {
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

Machine ThisMachine() {
  Machine machine;
  machine.cores = UsableCores();
  machine.available_bytes = replay::AvailableBytes(torch::kCPU);
  if (QueryCuda().devices > 0) machine.gpus = FreeGpuBytes();
  return machine;
}

// What the folder is, for whoever finds it.
void WriteRecord(const GridOptions& grid, const std::vector<Element>& elements,
                 const std::vector<std::string>& arguments) {
  nlohmann::ordered_json json;
  json["command"] = arguments;
  json["version"] = kVersion;
  json["git_commit"] = kGitCommit;
  for (const Element& element : elements) {
    json["runs"].push_back({{"task", element.config.task},
                            {"method", element.method},
                            {"seed", element.config.seed},
                            {"run_dir", element.config.run_dir}});
  }
  WriteFileAtomically(grid.output + "/sweep.json", json.dump(2) + "\n");
}

void PrintGpus(const std::vector<SweepRow>& rows, const Share& share, const Machine& machine) {
  if (share.gpu_of.empty()) return;
  std::int64_t bytes = 0;
  for (const SweepRow& row : rows) {
    if (row.state == RowState::kFinished || !UsesGpu(row.element->config, machine)) continue;
    bytes = std::max(bytes, EstimateGpuBytes(row.element->config).total());
  }
  const auto fit = FitOnGpus(machine.gpus, bytes);
  for (std::size_t gpu = 0; gpu < machine.gpus.size(); ++gpu) {
    const auto placed = std::count(share.gpu_of.begin(), share.gpu_of.end(), gpu);
    std::printf("GPU %zu     %lld at once; %s free, about %s a run\n", gpu,
                static_cast<long long>(placed), replay::FormatBytes(machine.gpus[gpu]).c_str(),
                replay::FormatBytes(bytes).c_str());
    if (placed > fit[gpu]) {
      std::fprintf(stderr, "curl-rl: warning: GPU %zu has room for about %d of them: --jobs %d\n",
                   gpu, fit[gpu], std::max(1, std::accumulate(fit.begin(), fit.end(), 0)));
    }
  }
}

void PrintStart(const GridOptions& grid, const std::vector<SweepRow>& rows, const Share& share,
                const Machine& machine, std::int64_t bytes) {
  std::size_t finished = 0;
  std::size_t resumable = 0;
  for (const SweepRow& row : rows) {
    finished += row.state == RowState::kFinished;
    resumable += StageOfRun(row.element->config, Same::kFolder) == RunStage::kResumable;
  }
  std::printf("sweep     %zu runs: %zu finished before, %zu to resume, %zu to start\n", rows.size(),
              finished, resumable, rows.size() - finished - resumable);
  std::printf("at once   %d, %d thread%s each; %d core%s, %s free, about %s a run\n", share.jobs,
              share.threads, share.threads == 1 ? "" : "s", machine.cores,
              machine.cores == 1 ? "" : "s", replay::FormatBytes(machine.available_bytes).c_str(),
              replay::FormatBytes(bytes).c_str());
  PrintGpus(rows, share, machine);
  std::printf("folder    %s\n\n", grid.output.c_str());
  std::fflush(stdout);
}

int Compare(const GridOptions& grid, const std::vector<Element>& elements) {
  std::vector<std::string> arguments = Evaluated(elements);
  if (arguments.empty()) {
    std::printf("\nNo run has an evaluation yet: nothing to compare.\n");
    return 0;
  }
  std::printf("\n");
  std::fflush(stdout);
  arguments.insert(arguments.end(), {"--output", grid.output + "/comparison"});
  return CompareCommand(arguments);
}

int RunLocally(const GridOptions& grid, const std::vector<Element>& elements, int jobs,
               const std::vector<std::string>& arguments) {
  const Machine machine = ThisMachine();
  std::vector<ExperimentConfig> unfinished;
  std::int64_t bytes = 0;
  for (const Element& element : elements) {
    if (StageOfRun(element.config, Same::kFolder) == RunStage::kFinished) continue;
    unfinished.push_back(element.config);
    bytes = std::max(bytes, EstimateBytes(element.config, machine));
  }
  if (unfinished.empty()) {
    std::printf("All %zu runs are finished.\n", elements.size());
    return Compare(grid, elements);
  }
  const Share share = ShareOut(unfinished, jobs, machine);
  std::filesystem::create_directories(grid.output);
  const FileDescriptor lock = LockFolder(grid.output);
  LocalLauncher launcher(elements, grid.output, share, machine);
  PrintStart(grid, launcher.rows(), share, machine, bytes);
  WriteRecord(grid, elements, arguments);

  const SignalRequests requests;
  SweepDisplay display(std::cout, IsTerminal(1), share.jobs);
  launcher.Run(requests, display);

  bool complete = true;
  for (const SweepRow& row : launcher.rows()) {
    complete = complete && row.state == RowState::kFinished;
    if (row.state != RowState::kFailed) continue;
    std::printf("\n%s failed: %s\n", row.element->name().c_str(), row.problem.c_str());
  }
  if (requests.stop()) {
    std::printf("\nStopped. The same command goes on.\n");
    return 1;
  }
  const int status = Compare(grid, elements);
  if (!complete) std::printf("Not every run is finished; the same command tries again.\n");
  return complete ? status : 1;
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

int RunOnSlurm(const GridOptions& grid, const std::vector<Element>& elements, int jobs,
               const SlurmOptions& options, const std::vector<std::string>& arguments) {
  std::vector<std::size_t> unfinished;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (StageOfRun(elements[i].config, Same::kFolder) != RunStage::kFinished)
      unfinished.push_back(i);
  }
  if (unfinished.empty()) {
    std::printf("All %zu runs are finished.\n", elements.size());
    return Compare(grid, elements);
  }
  std::filesystem::create_directories(grid.output);
  const FileDescriptor lock = LockFolder(grid.output);
  if (const auto job = JobInQueue(grid.output)) {
    std::printf(
        "Slurm's job %s is at work on it: %zu of %zu runs are finished. `squeue --job %s` tells "
        "more;\nthe same command compares the runs when all are.\n",
        job->c_str(), elements.size() - unfinished.size(), elements.size(), job->c_str());
    return 0;
  }
  WriteRecord(grid, elements, arguments);
  const std::string job = SubmitToSlurm(elements, unfinished, grid.output, jobs, options);
  std::printf(
      "Submitted %zu of %zu runs as job array %s: `squeue --job %s` tells of it, logs are in\n"
      "%s/slurm. The same command compares the runs when all are finished.\n",
      unfinished.size(), elements.size(), job.c_str(), job.c_str(), grid.output.c_str());
  return 0;
}

}  // namespace

int SweepCommand(const std::vector<std::string>& arguments) {
  const auto parsed = ParseArguments(Spec(), arguments);
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
  const std::vector<Element> elements = ExpandGrid(grid);
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
