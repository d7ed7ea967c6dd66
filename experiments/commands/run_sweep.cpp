// Runs the grid of a sweep here or hands it to Slurm, and compares what there is.
#include "experiments/commands/run_sweep.h"

#include <torch/types.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>

#include "experiments/commands/command.h"
#include "experiments/config/config_schema.h"
#include "experiments/machine/cuda_driver.h"
#include "experiments/machine/signals.h"
#include "experiments/machine/torch_info.h"
#include "experiments/machine/version.h"
#include "experiments/run/progress.h"
#include "experiments/run/run_directory.h"
#include "experiments/run/run_state.h"
#include "experiments/sweep/gpu_share.h"
#include "experiments/sweep/local_launcher.h"
#include "replay/memory.h"

namespace curl_rl::experiments {
namespace {

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
    bytes = std::max(bytes, EstimateGpuBytes(*row.element).total());
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

// The elements that are not finished, with what each needs of memory. Runs that differ in seed and
// folder alone need the same.
std::vector<std::size_t> Unfinished(std::vector<Element>* elements) {
  std::map<std::string, Footprint> known;
  std::vector<std::size_t> unfinished;
  for (std::size_t i = 0; i < elements->size(); ++i) {
    Element& element = (*elements)[i];
    if (StageOfRun(element.config, Same::kFolder) == RunStage::kFinished) continue;
    unfinished.push_back(i);
    ExperimentConfig config = element.config;
    config.seed = 1;
    config.run_dir.clear();
    const std::string key = WriteConfig(config);
    if (known.count(key) == 0) known[key] = FootprintOf(config);
    element.footprint = known[key];
  }
  return unfinished;
}

int AllFinished(const GridOptions& grid, const std::vector<Element>& elements) {
  std::printf("All %zu runs are finished.\n", elements.size());
  return Compare(grid, elements);
}

}  // namespace

int RunLocally(const GridOptions& grid, std::vector<Element> elements, int jobs,
               const std::vector<std::string>& arguments) {
  const Machine machine = ThisMachine();
  const auto unfinished = Unfinished(&elements);
  if (unfinished.empty()) return AllFinished(grid, elements);
  std::vector<Element> runs;
  std::int64_t bytes = 0;
  for (const std::size_t index : unfinished) {
    runs.push_back(elements[index]);
    bytes = std::max(bytes, EstimateBytes(elements[index], machine));
  }
  const Share share = ShareOut(runs, jobs, machine);
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

int RunOnSlurm(const GridOptions& grid, std::vector<Element> elements, int jobs,
               const SlurmOptions& options, const std::vector<std::string>& arguments) {
  const auto unfinished = Unfinished(&elements);
  if (unfinished.empty()) return AllFinished(grid, elements);
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

}  // namespace curl_rl::experiments
