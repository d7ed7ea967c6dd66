// Adds up what a run takes on a GPU, and deals runs out to GPUs.
#include "experiments/sweep/gpu_share.h"

#include <algorithm>
#include <sstream>

namespace curl_rl::experiments {
namespace {

constexpr std::int64_t kCudaBytes = 700'000'000;  // context, and cuDNN's and cuBLAS's kernels
constexpr std::int64_t kGlBytes = 50'000'000;     // a small GL context of one environment
constexpr std::int64_t kWorkspaceBytes = 500'000'000;

}  // namespace

GpuBytes EstimateGpuBytes(const Element& element) {
  const ExperimentConfig& config = element.config;
  const bool pixels = config.observation == Observation::kPixels;
  GpuBytes bytes;
  bytes.program =
      kCudaBytes + (pixels ? kGlBytes * (config.environments + config.eval_environments) : 0);
  bytes.replay = element.footprint.replay;
  bytes.agent = element.footprint.agent;
  bytes.update = element.footprint.update;
  // The caching allocator keeps what other shapes took before; a quarter is a guess.
  bytes.workspace = kWorkspaceBytes + bytes.update / 4;
  return bytes;
}

std::vector<int> FitOnGpus(const std::vector<std::int64_t>& free_bytes, std::int64_t run_bytes) {
  std::vector<int> fit;
  fit.reserve(free_bytes.size());
  for (const std::int64_t bytes : free_bytes) fit.push_back(static_cast<int>(bytes / run_bytes));
  return fit;
}

std::vector<std::size_t> PlaceOnGpus(const std::vector<std::int64_t>& free_bytes,
                                     std::int64_t run_bytes, int jobs) {
  std::vector<std::int64_t> left = free_bytes;
  std::vector<std::size_t> places;
  for (int job = 0; job < jobs && !left.empty(); ++job) {
    const auto most = std::max_element(left.begin(), left.end());
    *most -= run_bytes;
    places.push_back(static_cast<std::size_t>(most - left.begin()));
  }
  return places;
}

std::string VisibleDevice(std::size_t gpu, const char* visible) {
  if (visible == nullptr) return std::to_string(gpu);
  std::istringstream items(visible);
  std::string item;
  for (std::size_t i = 0; i <= gpu; ++i) std::getline(items, item, ',');
  return item;
}

}  // namespace curl_rl::experiments
