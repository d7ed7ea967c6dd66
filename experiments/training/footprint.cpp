// Measures the memory of an update by two small ones: what grows with the batch, and what does not.
#include "experiments/training/footprint.h"

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <torch/types.h>
#include <torch/version.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <vector>

#include "experiments/machine/torch_info.h"
#include "experiments/play/agent_view.h"
#include "experiments/play/make_agent.h"
#include "replay/replay_buffer.h"

namespace curl_rl::experiments {
namespace {

// Sizes of the two batches. Objectives compare rows with each other, so that one row is none.
constexpr std::int64_t kFewRows = 4;
constexpr std::int64_t kMoreRows = 12;
constexpr std::int64_t kTransitions = 64;

#if TORCH_VERSION_MAJOR >= 2
using TotalBytes = std::size_t;
#else
using TotalBytes = std::int64_t;
#endif

// Counts what LibTorch's CPU allocator hands out to this thread and takes back.
class Allocations final : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void*, std::int64_t bytes, TotalBytes, TotalBytes, c10::Device) override {
    alive_ += bytes;  // negative: taken back
    most_ = std::max(most_, alive_);
  }
  bool memoryProfilingEnabled() const override { return true; }

  std::int64_t most() const { return most_; }

 private:
  std::int64_t alive_ = 0;
  std::int64_t most_ = 0;
};

// Everything that depends on what the environment shows.
struct Shapes {
  std::vector<std::int64_t> observation;  // {H, W, C} or {D}
  std::int64_t action_size;
};

Shapes ShapesOf(const ExperimentConfig& config) {
  const AgentView view(config, /*seed=*/1);
  return {view.observation_shape(), view.action_size()};
}

torch::Tensor Noise(const replay::ReplayOptions& options) {
  return options.pixels() ? torch::randint(256, options.observation_shape, torch::kUInt8)
                          : torch::randn(options.observation_shape);
}

void Fill(replay::ReplayBuffer& replay) {
  const auto& options = replay.options();
  const std::vector<double> action(static_cast<std::size_t>(options.action_size), 0.1);
  for (std::int64_t n = 0; n < kTransitions; ++n) {
    if (n % 32 == 0) replay.BeginEpisode(Noise(options));
    replay.Add(Noise(options), action, 0.5, /*terminated=*/false, /*truncated=*/n % 32 == 31);
  }
}

struct Measured {
  std::int64_t agent = 0;
  std::int64_t update = 0;
};

// Of an agent with batches of `rows`.
Measured Measure(ExperimentConfig config, const Shapes& shapes, std::int64_t rows) {
  config.agent.batch_size = rows;
  auto options = ReplayOptionsOf(config, shapes.observation, shapes.action_size, torch::kCPU);
  options.capacity = kTransitions;
  options.lanes = 1;  // a batch is what it is, wherever its rows are from
  options.frames = replay::FrameStorage::kRaw;
  replay::ReplayBuffer replay(options);
  Fill(replay);
  const auto agent = MakeAgent(config, shapes.observation, shapes.action_size, torch::kCPU);
  Measured measured;
  for (const auto& [name, tensor] : agent->Save()) {
    measured.agent += static_cast<std::int64_t>(tensor.nbytes());
  }
  const auto allocations = std::make_shared<Allocations>();
  const c10::DebugInfoGuard counted(c10::DebugInfoKind::PROFILER_STATE, allocations);
  // The first has most to do: every second one leaves out the actor.
  agent->Update(replay);
  measured.update = allocations->most();
  return measured;
}

}  // namespace

Footprint FootprintOf(const ExperimentConfig& config) {
  auto on_host = config;
  // TensorFloat-32 is a way to multiply: its numbers take as much as float32.
  if (on_host.agent.precision == agents::Precision::kTf32) {
    on_host.agent.precision = agents::Precision::kFloat32;
  }
  const auto shapes = ShapesOf(on_host);
  Footprint footprint;
  // Where the frames will lie: `replay_frames: auto` depends on it.
  const bool on_cpu =
      config.device == "cpu" || (config.device == "auto" && QueryCuda().devices == 0);
  footprint.replay = replay::ReplayBytes(
      ReplayOptionsOf(config, shapes.observation, shapes.action_size,
                      on_cpu ? torch::Device(torch::kCPU) : torch::Device(torch::kCUDA)));
  try {
    const auto few = Measure(on_host, shapes, kFewRows);
    const auto more = Measure(on_host, shapes, kMoreRows);
    const std::int64_t a_row = (more.update - few.update) / (kMoreRows - kFewRows);
    footprint.agent = few.agent;
    footprint.update = few.update + (config.agent.batch_size - kFewRows) * a_row;
  } catch (const std::invalid_argument&) {  // a method that wants another batch: its own
    const auto whole = Measure(on_host, shapes, config.agent.batch_size);
    footprint.agent = whole.agent;
    footprint.update = whole.update;
  }
  return footprint;
}

}  // namespace curl_rl::experiments
