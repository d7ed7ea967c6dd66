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

}  // namespace

int UsableCores() { return replay::CoresOfProcess(); }

bool UsesGpu(const ExperimentConfig& config, const Machine& machine) {
  return !machine.gpus.empty() && config.device != "cpu";
}

std::int64_t EstimateBytes(const Element& element, const Machine& machine) {
  if (UsesGpu(element.config, machine)) return 4 * kProgramBytes;  // CUDA's libraries
  const Footprint& own = element.footprint;
  return kProgramBytes + own.replay + own.agent + own.update;
}

Share ShareOut(const std::vector<Element>& runs, int jobs, const Machine& machine) {
  std::int64_t largest_bytes = kProgramBytes;
  std::int64_t most_threads = 1;  // that a config insists on
  std::int64_t gpu_bytes = 0;
  for (const Element& run : runs) {
    largest_bytes = std::max(largest_bytes, EstimateBytes(run, machine));
    most_threads = std::max(most_threads, run.config.threads);
    if (UsesGpu(run.config, machine))
      gpu_bytes = std::max(gpu_bytes, EstimateGpuBytes(run).total());
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
