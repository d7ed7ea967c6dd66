// Counts cores, estimates a run's memory, and shares both out.
#include "experiments/sweep/resources.h"

#include <algorithm>
#include <numeric>
#include <string>

#include "experiments/sweep/gpu_share.h"
#include "replay/process_limits.h"

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
constexpr std::int64_t kCrops = 3;  // anchor, positive, next

}  // namespace

std::int64_t EstimateReplayBytes(const ExperimentConfig& config) {
  const std::int64_t capacity =
      std::min(config.replay_capacity, config.env_steps / config.action_repeat + 1);
  const std::int64_t side = config.environment.image_size;
  const std::int64_t observation =
      config.observation == Observation::kPixels ? side * side * 3 : kStateBytes;
  return capacity * (observation + kTransitionBytes);
}

std::int64_t EstimateUpdateBytes(const ExperimentConfig& config) {
  const auto& agent = config.agent;
  if (config.observation != Observation::kPixels) return 0;
  const std::int64_t number = agent.precision == agents::Precision::kBFloat16 ? 2 : 4;  // bytes
  const std::int64_t side = agent.crop_size / 2;  // the first convolution has stride 2
  const std::int64_t maps = agent.encoder.num_layers * agent.encoder.num_filters * side * side;
  const std::int64_t crop = 3 * config.frame_stack * agent.crop_size * agent.crop_size;
  return agent.batch_size * number * (kLiveCopies * maps + kCrops * crop);
}

int UsableCores() { return replay::CoresOfProcess(); }

bool UsesGpu(const ExperimentConfig& config, const Machine& machine) {
  return !machine.gpus.empty() && config.device != "cpu";
}

std::int64_t EstimateBytes(const ExperimentConfig& config, const Machine& machine) {
  if (UsesGpu(config, machine)) return 4 * kProgramBytes;  // CUDA's libraries
  return kProgramBytes + EstimateReplayBytes(config) + EstimateUpdateBytes(config);
}

Share ShareOut(const std::vector<ExperimentConfig>& runs, int jobs, const Machine& machine) {
  std::int64_t largest_bytes = kProgramBytes;
  std::int64_t most_threads = 1;  // that a config insists on
  std::int64_t gpu_bytes = 0;
  for (const ExperimentConfig& run : runs) {
    largest_bytes = std::max(largest_bytes, EstimateBytes(run, machine));
    most_threads = std::max(most_threads, run.threads);
    if (UsesGpu(run, machine)) gpu_bytes = std::max(gpu_bytes, EstimateGpuBytes(run).total());
  }
  Share share;
  if (jobs > 0) {
    share.jobs = jobs;
  } else {
    const std::int64_t by_cores = machine.cores / most_threads;
    const std::int64_t by_memory = machine.available_bytes / largest_bytes;
    std::int64_t fit = std::min(by_cores, by_memory);
    if (gpu_bytes > 0) {
      const auto on_gpus = FitOnGpus(machine.gpus, gpu_bytes);
      fit = std::min<std::int64_t>(fit, std::accumulate(on_gpus.begin(), on_gpus.end(), 0));
    }
    share.jobs = static_cast<int>(std::max<std::int64_t>(1, fit));
  }
  share.jobs = std::min(share.jobs, static_cast<int>(runs.size()));
  share.threads = std::max(1, machine.cores / share.jobs);
  if (gpu_bytes > 0) share.gpu_of = PlaceOnGpus(machine.gpus, gpu_bytes, share.jobs);
  return share;
}

}  // namespace curl_rl::experiments
