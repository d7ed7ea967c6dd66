// What one gradient step costs, its batch included, and the parts of a decision: sampling, acting.
// The bare encoder's forward and backward pass in the same run gives the arithmetic rate that
// counts as 100 %. benchmarks/against_reference.py sets these figures beside the reference
// implementation's.
#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include <memory>
#include <string>

#include "agents/curl_agent.h"
#include "experiments/process_setup.h"
#include "replay/gather.h"
#include "replay/random_stream.h"
#include "replay/replay_buffer.h"

namespace {

using namespace curl_rl;

// Billions of floating-point operations an image: one encoder pass forward and backward
// (docs/performance.md).
constexpr double kEncoderForwardBackward = 0.0885 + 0.1682;

constexpr std::int64_t kActionSize = 6;
constexpr std::int64_t kFrame = 100;
constexpr std::int64_t kTransitions = 2000;

torch::ScalarType Dtype(std::int64_t bfloat16) {
  return bfloat16 != 0 ? torch::kBFloat16 : torch::kFloat32;
}

replay::ReplayBuffer MakeReplay(torch::ScalarType dtype) {
  replay::ReplayOptions options;
  options.observation_shape = {kFrame, kFrame, 3};
  options.action_size = kActionSize;
  options.capacity = kTransitions;
  options.dtype = dtype;
  replay::ReplayBuffer buffer(options);
  const auto frame = torch::randint(256, {kFrame, kFrame, 3}, torch::kUInt8);
  buffer.BeginEpisode(frame);
  for (int i = 0; i < kTransitions; ++i) {
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

// An even and an odd step an iteration: what is paid on average. The first two are not counted:
// they touch memory that later ones find again.
void Update(benchmark::State& state, const std::string& schedule) {
  auto replay = MakeReplay(Dtype(state.range(1)));
  agents::AgentSpec spec;
  spec.action_size = kActionSize;
  agents::CurlAgent agent(MakeConfig(state.range(0), schedule, state.range(1)), spec);
  const auto update = [&] { return agent.Update(replay.Sample(state.range(0))); };
  update();
  update();
  for (auto _ : state) {
    benchmark::DoNotOptimize(update());
    benchmark::DoNotOptimize(update());
  }
  state.counters["seconds_per_update"] =
      benchmark::Counter(2.0 * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void UpdateReference(benchmark::State& state) { Update(state, "reference"); }
void UpdateJoint(benchmark::State& state) { Update(state, "joint"); }

void EncoderForwardBackward(benchmark::State& state) {
  const auto stream = replay::MakeStream(1, replay::StreamPurpose::kInitialization);
  encoders::EncoderOptions options;
  options.precision = Dtype(state.range(1));
  encoders::PixelEncoder encoder(options, stream);
  auto replay = MakeReplay(options.precision);
  const auto batch = replay.Sample(state.range(0));
  const auto parameters = encoder->parameters();
  const auto pass = [&] {
    return torch::autograd::grad({encoder(batch.observation).sum()}, parameters);
  };
  pass();
  for (auto _ : state) benchmark::DoNotOptimize(pass());
  state.counters["GFLOP/s"] = benchmark::Counter(
      kEncoderForwardBackward * static_cast<double>(state.range(0) * state.iterations()),
      benchmark::Counter::kIsRate);
}

void Sample(benchmark::State& state) {
  auto replay = MakeReplay(Dtype(state.range(1)));
  benchmark::DoNotOptimize(replay.Sample(state.range(0)));
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

// As the program sets itself up (memory that is kept); OMP_NUM_THREADS says how many threads.
int main(int argc, char** argv) {
  curl_rl::experiments::ExperimentConfig config;
  config.threads = at::get_num_threads();
  curl_rl::experiments::SetUpProcess(config);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
