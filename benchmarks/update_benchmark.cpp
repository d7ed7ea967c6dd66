// What one gradient step and one batch cost, and what share of the arithmetic rate is reached. The
// bare encoder's forward and backward pass, in the same run, is the floor: the rate that counts as
// 100 %.
#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include <memory>
#include <string>

#include "agents/curl_agent.h"
#include "replay/gather.h"
#include "replay/replay_buffer.h"

namespace {

using namespace curl_rl;

// Billions of floating-point operations a sample (docs/performance.md): one encoder pass, and the
// average update in each schedule with everything shared that leaves the mathematics unchanged.
constexpr double kEncoderForwardBackward = 0.0885 + 0.1682;

constexpr std::int64_t kActionSize = 6;
constexpr std::int64_t kFrame = 100;

torch::ScalarType Dtype(std::int64_t bfloat16) {
  return bfloat16 != 0 ? torch::kBFloat16 : torch::kFloat32;
}

replay::ReplayBuffer MakeReplay(torch::ScalarType dtype) {
  replay::ReplayOptions options;
  options.observation_shape = {kFrame, kFrame, 3};
  options.action_size = kActionSize;
  options.capacity = 5000;
  options.dtype = dtype;
  replay::ReplayBuffer buffer(options);
  const auto frame = torch::randint(256, {kFrame, kFrame, 3}, torch::kUInt8);
  buffer.BeginEpisode(frame);
  for (int i = 0; i < 5000; ++i) {
    const bool last = i % 125 == 124;
    buffer.Add(frame, std::vector<double>(kActionSize, 0.1), 1.0, false, last);
    if (last) buffer.BeginEpisode(frame);
  }
  return buffer;
}

agents::CurlConfig MakeConfig(std::int64_t batch_size, const std::string& schedule,
                              std::int64_t bfloat16) {
  agents::CurlConfig config;
  config.batch_size = batch_size;
  config.schedule = schedule;
  config.precision = bfloat16 != 0 ? "bfloat16" : "float32";
  return config;
}

void Update(benchmark::State& state, const std::string& schedule) {
  auto replay = MakeReplay(Dtype(state.range(1)));
  agents::AgentSpec spec;
  spec.action_size = kActionSize;
  agents::CurlAgent agent(MakeConfig(state.range(0), schedule, state.range(1)), spec);
  const auto batch = replay.Sample(state.range(0));
  for (auto _ : state) {
    // An even and an odd step: what is paid on average.
    benchmark::DoNotOptimize(agent.Update(batch));
    benchmark::DoNotOptimize(agent.Update(batch));
  }
  state.counters["ms_per_update"] =
      benchmark::Counter(2e-3 * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void UpdateReference(benchmark::State& state) { Update(state, "reference"); }
void UpdateJoint(benchmark::State& state) { Update(state, "joint"); }

void EncoderForwardBackward(benchmark::State& state) {
  const auto stream = at::globalContext().defaultGenerator(torch::kCPU).clone();
  encoders::EncoderOptions options;
  options.precision = Dtype(state.range(1));
  encoders::PixelEncoder encoder(options, stream);
  auto replay = MakeReplay(options.precision);
  const auto batch = replay.Sample(state.range(0));
  const auto parameters = encoder->parameters();
  for (auto _ : state) {
    const auto loss = encoder(batch.observation).sum();
    benchmark::DoNotOptimize(torch::autograd::grad({loss}, parameters));
  }
  state.counters["GFLOP/s"] = benchmark::Counter(
      kEncoderForwardBackward * static_cast<double>(state.range(0) * state.iterations()),
      benchmark::Counter::kIsRate);
}

void Sample(benchmark::State& state) {
  auto replay = MakeReplay(Dtype(state.range(1)));
  for (auto _ : state) benchmark::DoNotOptimize(replay.Sample(state.range(0)));
}

void Act(benchmark::State& state) {
  agents::AgentSpec spec;
  spec.action_size = kActionSize;
  agents::CurlAgent agent(MakeConfig(128, "reference", 0), spec);
  const auto stack = torch::randint(256, {1, 9, kFrame, kFrame}, torch::kUInt8);
  for (auto _ : state) benchmark::DoNotOptimize(agent.Act(stack, agents::ActMode::kSample));
}

void BatchAndPrecision(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"batch", "bfloat16"})->Unit(benchmark::kMillisecond)->UseRealTime();
  for (const std::int64_t batch : {128, 512}) {
    for (const std::int64_t bfloat16 : {0, 1}) benchmark->Args({batch, bfloat16});
  }
}

BENCHMARK(EncoderForwardBackward)->Apply(BatchAndPrecision);
BENCHMARK(UpdateReference)->Apply(BatchAndPrecision);
BENCHMARK(UpdateJoint)->Apply(BatchAndPrecision);
BENCHMARK(Sample)->Apply(BatchAndPrecision);
BENCHMARK(Act)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
