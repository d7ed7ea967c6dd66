// What the measurements of updates have in common: what is measured, how a process is set up, a
// replay of random frames.
#pragma once

#include <benchmark/benchmark.h>
#include <torch/cuda.h>
#include <torch/types.h>

#include <string>
#include <vector>

#include "agents/agent_config.h"
#include "experiments/machine/process_setup.h"
#include "replay/replay_buffer.h"

namespace curl_rl::benchmarks {

constexpr std::int64_t kActionSize = 6;
constexpr std::int64_t kTransitions = 2000;

// What is measured.
struct Setting {
  torch::Device device = torch::kCPU;
  std::int64_t batch = 128;
  agents::Precision precision = agents::Precision::kFloat32;
  bool graphs = false;

  torch::ScalarType dtype() const {
    return precision == agents::Precision::kBFloat16 ? torch::kBFloat16 : torch::kFloat32;
  }
  std::string Name(const std::string& what) const {
    return what + "/batch:" + std::to_string(batch) + "/precision:" + envs::NameOf(precision) +
           (device.is_cuda() ? "/graphs:" + std::to_string(graphs) : "");
  }
};

// As a run sets itself up, for this precision.
inline void Prepare(const Setting& setting) {
  experiments::ExperimentConfig config;
  config.threads = at::get_num_threads();
  config.agent.precision = setting.precision;
  experiments::SetUpProcess(config);
}

// On a GPU the work of an iteration is waited for.
inline void Wait(const Setting& setting) {
  if (setting.device.is_cuda()) torch::cuda::synchronize();
}

// `options` with observations {side, side, 3}, full of transitions in episodes of 125.
inline replay::ReplayBuffer Filled(replay::ReplayOptions options, std::int64_t side) {
  options.observation_shape = {side, side, 3};
  options.action_size = kActionSize;
  options.capacity = kTransitions;
  replay::ReplayBuffer buffer(options);
  const auto frame = torch::randint(256, {side, side, 3}, torch::kUInt8);
  buffer.BeginEpisode(frame);
  for (int i = 0; i < kTransitions; ++i) {
    const bool last = i % 125 == 124;
    buffer.Add(frame, std::vector<double>(kActionSize, 0.1), 1.0, false, last);
    if (last) buffer.BeginEpisode(frame);
  }
  return buffer;
}

// An even and an odd step an iteration: what is paid on average. The first ones are not counted:
// they touch memory that later ones find again, and record graphs.
template <typename F>
void TimeUpdates(benchmark::State& state, const Setting& setting, const F& update) {
  const int unmeasured = setting.device.is_cuda() ? 20 : 2;
  for (int i = 0; i < unmeasured; ++i) update();
  Wait(setting);
  for (auto _ : state) {
    benchmark::DoNotOptimize(update());
    benchmark::DoNotOptimize(update());
    Wait(setting);
  }
  state.counters["seconds_per_update"] =
      benchmark::Counter(2.0 * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// `Method/NAME` and `MethodSample/NAME`: each shipped method that learns from pixels, as its file
// describes it, at its own batch size.
void RegisterMethods(const torch::Device& device);

}  // namespace curl_rl::benchmarks
