// What one gradient step costs, its batch included, and the parts of a decision: sampling, acting.
// The bare encoder's forward and backward pass in the same run gives the arithmetic rate that
// counts as 100 %. benchmarks/against_reference.py sets these figures beside the reference
// implementation's. Method: each shipped method as its file has it. AgainstCurl: the cost of each
// objective beside CURL's, measured in turn.
// `--device=cuda` measures on a GPU: updates with and without recorded graphs.
#include "benchmarks/update_benchmark.h"

#include <benchmark/benchmark.h>
#include <torch/autograd.h>
#include <torch/types.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agents/learner.h"
#include "experiments/machine/openblas_kernels.h"
#include "replay/gather.h"
#include "replay/random_stream.h"
#include "replay/replay_buffer.h"

namespace {

using namespace curl_rl;
using namespace curl_rl::benchmarks;

// Billions of floating-point operations an image: one encoder pass forward and backward
// (docs/performance.md).
constexpr double kEncoderForwardBackward = 0.0885 + 0.1682;

constexpr std::int64_t kFrame = 100;

// Wall time on a GPU, processor time of all threads on a CPU.
double Seconds(const Setting& setting) {
  if (!setting.device.is_cuda()) return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

replay::ReplayBuffer MakeReplay(const Setting& setting) {
  replay::ReplayOptions options;
  options.device = setting.device;
  return Filled(options, kFrame);
}

agents::AgentConfig MakeConfig(const Setting& setting, agents::Schedule schedule) {
  agents::AgentConfig config;
  config.batch_size = setting.batch;
  config.schedule = schedule;
  config.precision = setting.precision;
  config.cuda_graphs = setting.graphs;
  return config;
}

// An objective by name with some of its settings: whole numbers, or the index of a choice.
struct Chosen {
  std::string name;
  std::map<std::string, std::int64_t> settings;
};

encoders::ChosenObjective Make(const Chosen& chosen) {
  auto objective = encoders::MakeObjectiveSettings(chosen.name);
  for (auto& setting : objective->Describe()) {
    const auto found = chosen.settings.find(setting.name);
    if (found == chosen.settings.end()) continue;
    if (auto* number = std::get_if<std::int64_t*>(&setting.value)) **number = found->second;
    if (auto* flag = std::get_if<bool*>(&setting.value)) **flag = found->second != 0;
    if (auto* choice = std::get_if<envs::Choice>(&setting.value)) {
      choice->set(static_cast<std::size_t>(found->second));
    }
  }
  return encoders::ChosenObjective(std::move(objective));
}

agents::Learner MakeAgent(const Setting& setting, agents::Schedule schedule) {
  agents::AgentSpec spec;
  spec.action_size = kActionSize;
  spec.device = setting.device;
  return {MakeConfig(setting, schedule), spec};
}

void Update(benchmark::State& state, const Setting& setting, agents::Schedule schedule) {
  Prepare(setting);
  auto replay = MakeReplay(setting);
  auto agent = MakeAgent(setting, schedule);
  TimeUpdates(state, setting, [&] { return agent.Update(replay); });
}

// What an update with the objectives `chosen` costs beside one with CURL's: two updates of the one
// and two of the other in turn, so that a busy machine slows both. The time is the former's: on a
// CPU processor time, which other programs change less. The ratio is the median over turns.
void AgainstCurl(benchmark::State& state, const Setting& setting, agents::Schedule schedule,
                 const std::vector<Chosen>& chosen) {
  Prepare(setting);
  auto replay = MakeReplay(setting), curls_replay = MakeReplay(setting);
  agents::AgentSpec spec;
  spec.action_size = kActionSize;
  spec.device = setting.device;
  auto config = MakeConfig(setting, schedule);
  agents::Learner curl(config, spec);
  config.objectives.clear();
  for (const auto& objective : chosen) config.objectives.push_back(Make(objective));
  agents::Learner agent(config, spec);
  const auto timed = [&](agents::Learner& learner, replay::ReplayBuffer& from) {
    const double start = Seconds(setting);
    benchmark::DoNotOptimize(learner.Update(from));
    benchmark::DoNotOptimize(learner.Update(from));
    Wait(setting);
    return Seconds(setting) - start;
  };
  for (int i = 0; i < 3; ++i) timed(agent, replay), timed(curl, curls_replay);
  std::vector<double> ours, ratios;
  bool ours_first = false;  // in turn: what comes second finds other things in the caches
  for (auto _ : state) {
    ours_first = !ours_first;
    double curls = ours_first ? 0.0 : timed(curl, curls_replay);
    ours.push_back(timed(agent, replay));
    if (ours_first) curls = timed(curl, curls_replay);
    ratios.push_back(ours.back() / curls);
    state.SetIterationTime(ours.back());
  }
  const auto median = [](std::vector<double> times) {
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    return *middle;
  };
  state.counters["against_curl"] = median(ratios);
  state.counters["seconds_per_update"] = median(ours) / 2.0;
}

void EncoderForwardBackward(benchmark::State& state, const Setting& setting) {
  Prepare(setting);
  const auto stream = replay::MakeStream(1, replay::StreamPurpose::kInitialization);
  encoders::EncoderOptions options;
  options.precision = setting.dtype();
  encoders::PixelEncoder encoder(options, stream);
  encoder->to(setting.device);
  auto replay = MakeReplay(setting);
  auto spec = MakeAgent(setting, agents::Schedule::kReference).batch_spec();
  const auto batch = replay.Sample(spec);
  const auto parameters = encoder->parameters();
  const auto pass = [&] {
    return torch::autograd::grad({encoder(batch.at("observation")).sum()}, parameters);
  };
  pass();
  Wait(setting);
  for (auto _ : state) {
    benchmark::DoNotOptimize(pass());
    Wait(setting);
  }
  state.counters["GFLOP/s"] = benchmark::Counter(
      kEncoderForwardBackward * static_cast<double>(setting.batch * state.iterations()),
      benchmark::Counter::kIsRate);
}

void Sample(benchmark::State& state, const Setting& setting) {
  auto replay = MakeReplay(setting);
  const auto spec = MakeAgent(setting, agents::Schedule::kReference).batch_spec();
  replay::Batch batch;
  const auto sample = [&] { replay.SampleInto(spec, batch); };
  sample();
  Wait(setting);
  for (auto _ : state) {
    sample();
    Wait(setting);
  }
}

void Act(benchmark::State& state, const Setting& setting) {
  Prepare(setting);
  auto agent = MakeAgent(setting, agents::Schedule::kReference);
  const auto stack = torch::randint(256, {1, 9, kFrame, kFrame}, torch::kUInt8).to(setting.device);
  for (auto _ : state) benchmark::DoNotOptimize(agent.Act(stack, agents::ActMode::kSample));
}

void Register(const std::string& name, const Setting& setting,
              const std::function<void(benchmark::State&, const Setting&)>& measure) {
  benchmark::RegisterBenchmark(setting.Name(name).c_str(),
                               [=](benchmark::State& state) { measure(state, setting); })
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
}

// Each objective of the list, and variants that cost something else.
void RegisterAgainstCurl(const Setting& setting) {
  std::vector<std::pair<std::string, std::vector<Chosen>>> all = {{"none", {}}};
  for (const auto& info : encoders::ObjectiveInfos()) all.push_back({info.name, {{info.name, {}}}});
  all.push_back({"swav_symmetric", {{"swav", {{"symmetric", 1}}}}});
  all.push_back({"swav_two_small_views", {{"swav", {{"extra_views", 2}}}}});
  all.push_back({"temporal_next", {{"temporal", {{"key", 1}}}}});
  for (const auto schedule : {agents::Schedule::kReference, agents::Schedule::kJoint}) {
    for (const auto& [name, chosen] : all) {
      const std::string what = std::string("AgainstCurl/") + envs::NameOf(schedule) + "/" + name;
      benchmark::RegisterBenchmark(setting.Name(what).c_str(),
                                   [=, chosen = chosen](benchmark::State& state) {
                                     AgainstCurl(state, setting, schedule, chosen);
                                   })
          ->Unit(benchmark::kMillisecond)
          ->UseManualTime();
    }
  }
}

void RegisterAll(const torch::Device& device) {
  using agents::Precision, agents::Schedule;
  std::vector<Precision> precisions = {Precision::kFloat32, Precision::kBFloat16};
  if (device.is_cuda()) precisions.insert(precisions.begin() + 1, Precision::kTf32);
  for (const std::int64_t batch : {128, 512}) {
    for (const auto precision : precisions) {
      for (const bool graphs : {false, true}) {
        if (graphs && !device.is_cuda()) continue;
        const Setting setting{device, batch, precision, graphs};
        for (const auto schedule : {Schedule::kReference, Schedule::kJoint}) {
          Register(schedule == Schedule::kJoint ? "UpdateJoint" : "UpdateReference", setting,
                   [schedule](auto& state, const auto& s) { Update(state, s, schedule); });
        }
        if (graphs) continue;
        Register("EncoderForwardBackward", setting, EncoderForwardBackward);
        Register("Sample", setting, Sample);
      }
    }
  }
  for (const bool graphs : {false, true}) {
    if (graphs && !device.is_cuda()) continue;
    Register("Act", {device, 1, Precision::kBFloat16, graphs}, Act);
  }
  Register("Act", {device, 1, Precision::kFloat32, false}, Act);
  for (const std::int64_t batch : {32, 128, 512}) {
    RegisterAgainstCurl({device, batch, Precision::kFloat32, device.is_cuda()});
    if (device.is_cuda()) RegisterAgainstCurl({device, batch, Precision::kBFloat16, true});
  }
}

}  // namespace

// OMP_NUM_THREADS says how many threads.
int main(int argc, char** argv) {
  experiments::UseBetterOpenBlasKernels();  // as curl-rl does
  const std::string flag = "--device=";
  std::string device = "cpu";
  std::vector<char*> arguments;
  for (int i = 0; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument.rfind(flag, 0) == 0) {
      device = argument.substr(flag.size());
    } else {
      arguments.push_back(argv[i]);
    }
  }
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;
  RegisterAll(torch::Device(device));
  RegisterMethods(torch::Device(device));
  benchmark::RunSpecifiedBenchmarks();
}
