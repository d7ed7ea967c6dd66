#include "experiments/sweep/resources.h"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace curl_rl::experiments {
namespace {

// Measured resident memory of a state-vector run of the default networks, rounded up.
constexpr std::int64_t kProgramBytes = 400'000'000;
// Action, reward, flags and index of one transition, and a state vector where there is no frame.
constexpr std::int64_t kTransitionBytes = 64;
constexpr std::int64_t kStateBytes = 1024;
// Of an update: what is kept alive of one image for the backward passes, per filter, layer and
// pixel of the convolutions, in floats.
constexpr std::int64_t kLiveCopies = 4;

std::int64_t ReplayBytes(const ExperimentConfig& config) {
  const std::int64_t capacity =
      std::min(config.replay_capacity, config.env_steps / config.action_repeat + 1);
  const std::int64_t side = config.environment.image_size;
  const std::int64_t observation = config.observation == "pixels" ? side * side * 3 : kStateBytes;
  return capacity * (observation + kTransitionBytes);
}

std::int64_t UpdateBytes(const ExperimentConfig& config) {
  const auto& agent = config.agent;
  if (config.observation != "pixels") return 0;
  const std::int64_t side = agent.crop_size / 2;  // the first convolution has stride 2
  return agent.batch_size * agent.num_layers * agent.num_filters * side * side * 4 * kLiveCopies;
}

}  // namespace

int UsableCores() {
  cpu_set_t set;
  int cores = 1;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) cores = std::max(1, CPU_COUNT(&set));
  // "max 100000" or "200000 100000": microseconds of processor in each period (version 2).
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  double quota = 0;
  double period = 0;
  if (file >> quota >> period && period > 0) {
    cores = std::min(cores, std::max(1, static_cast<int>(quota / period)));
  }
  return cores;
}

bool UsesGpu(const ExperimentConfig& config, const Machine& machine) {
  return machine.gpus > 0 && config.device != "cpu";
}

std::int64_t EstimateBytes(const ExperimentConfig& config, const Machine& machine) {
  if (UsesGpu(config, machine)) return 4 * kProgramBytes;  // CUDA's libraries
  return kProgramBytes + ReplayBytes(config) + UpdateBytes(config);
}

Share ShareOut(const std::vector<ExperimentConfig>& runs, int jobs, const Machine& machine) {
  std::int64_t largest_bytes = 0;
  std::int64_t most_threads = 1;  // that a config insists on
  bool gpu = false;
  for (const ExperimentConfig& run : runs) {
    largest_bytes = std::max(largest_bytes, EstimateBytes(run, machine));
    most_threads = std::max(most_threads, run.threads);
    gpu = gpu || UsesGpu(run, machine);
  }
  Share share;
  if (jobs > 0) {
    share.jobs = jobs;
  } else {
    const std::int64_t by_cores = machine.cores / most_threads;
    const std::int64_t by_memory = machine.available_bytes / largest_bytes;
    std::int64_t fit = std::min(by_cores, by_memory);
    if (gpu) fit = std::min<std::int64_t>(fit, machine.gpus);
    share.jobs = static_cast<int>(std::max<std::int64_t>(1, fit));
  }
  share.jobs = std::min(share.jobs, static_cast<int>(runs.size()));
  share.threads = std::max(1, machine.cores / share.jobs);
  return share;
}

}  // namespace curl_rl::experiments
