// Adds up what an agent and its updates take on a GPU, and deals runs out to GPUs.
#include "experiments/sweep/gpu_share.h"

#include <algorithm>
#include <sstream>

#include "experiments/sweep/resources.h"

namespace curl_rl::experiments {
namespace {

constexpr std::int64_t kFloat = 4;                // bytes
constexpr std::int64_t kCudaBytes = 700'000'000;  // context, and cuDNN's and cuBLAS's kernels
constexpr std::int64_t kGlBytes = 50'000'000;     // a small GL context of one environment
constexpr std::int64_t kWorkspaceBytes = 500'000'000;
constexpr std::int64_t kActionSize = 6;  // of the larger tasks; it hardly counts

std::int64_t Linear(std::int64_t in, std::int64_t out) { return (in + 1) * out; }

std::int64_t Mlp(std::int64_t in, std::int64_t hidden, std::int64_t out) {
  return Linear(in, hidden) + Linear(hidden, hidden) + Linear(hidden, out);
}

// As the agent's constructor makes them (agents/learner.cpp); LayerNorm and W are left out.
std::int64_t AgentBytes(const ExperimentConfig& config) {
  const auto& agent = config.agent;
  const std::int64_t hidden = agent.sac.hidden_dim;
  std::int64_t convolutions = 0;
  std::int64_t projection = 0;
  std::int64_t features = kActionSize * config.frame_stack;  // state vectors are of this order
  if (config.observation == Observation::kPixels) {
    const std::int64_t filters = agent.encoder.num_filters;
    const std::int64_t side = (agent.crop_size - 3) / 2 + 1 - 2 * (agent.encoder.num_layers - 1);
    convolutions =
        9 * filters * (3 * config.frame_stack + (agent.encoder.num_layers - 1) * filters);
    projection = Linear(filters * side * side, agent.encoder.feature_dim);
    features = agent.encoder.feature_dim;
  }
  const std::int64_t encoder = convolutions + projection;
  const std::int64_t q = 2 * Mlp(features + kActionSize, hidden, 1);
  const std::int64_t actor = projection + Mlp(features, hidden, 2 * kActionSize);
  const std::int64_t learned = encoder + q + actor;
  const std::int64_t copies = encoder + q;  // the momentum encoder and the target Q
  // Each objective has an Adam of its own; what it has besides the encoder is left out.
  const std::int64_t contrast = static_cast<std::int64_t>(agent.objectives.size()) * encoder;
  const std::int64_t gradients = learned;
  return kFloat * (learned + copies + gradients + 2 * (learned + contrast));
}

}  // namespace

GpuBytes EstimateGpuBytes(const ExperimentConfig& config) {
  const bool pixels = config.observation == Observation::kPixels;
  GpuBytes bytes;
  bytes.program = kCudaBytes + (pixels ? kGlBytes * (1 + config.eval_environments) : 0);
  bytes.replay = EstimateReplayBytes(config);
  bytes.agent = AgentBytes(config);
  bytes.update = EstimateUpdateBytes(config);
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
