// The update of each shipped method, made of its file as `curl-rl train` makes it.
#include <memory>
#include <string>
#include <vector>

#include "agents/learner.h"
#include "benchmarks/update_benchmark.h"
#include "experiments/config/config_files.h"
#include "experiments/config/config_reader.h"
#include "experiments/play/make_agent.h"

namespace curl_rl::benchmarks {
namespace {

std::vector<std::int64_t> ShapeOf(const experiments::ExperimentConfig& config) {
  const std::int64_t side = config.environment.image_size;
  return {side, side, 3};
}

replay::ReplayBuffer ReplayOf(const experiments::ExperimentConfig& config, const Setting& setting) {
  return Filled(experiments::ReplayOptionsOf(config, ShapeOf(config), kActionSize, setting.device),
                config.environment.image_size);
}

std::unique_ptr<agents::Agent> AgentOf(const experiments::ExperimentConfig& config,
                                       const Setting& setting) {
  return experiments::MakeAgent(config, ShapeOf(config), kActionSize, setting.device);
}

// One update a decision, whatever `update_every` is: targets and actor have their turns.
void UpdateOfMethod(benchmark::State& state, const Setting& setting,
                    const experiments::ExperimentConfig& config) {
  Prepare(setting);
  auto replay = ReplayOf(config, setting);
  const auto agent = AgentOf(config, setting);
  std::int64_t decision = config.init_steps;
  TimeUpdates(state, setting, [&] {
    agent->SetAgentStep(decision++);
    return agent->Update(replay);
  });
}

void SampleOfMethod(benchmark::State& state, const Setting& setting,
                    const experiments::ExperimentConfig& config) {
  Prepare(setting);
  auto replay = ReplayOf(config, setting);
  const auto spec = dynamic_cast<agents::Learner&>(*AgentOf(config, setting)).batch_spec();
  replay::Batch batch;
  replay.SampleInto(spec, batch);  // not counted: memory that later ones find again
  for (auto _ : state) {
    replay.SampleInto(spec, batch);
    Wait(setting);
  }
}

}  // namespace

void RegisterMethods(const torch::Device& device) {
  std::vector<agents::Precision> precisions = {agents::Precision::kFloat32,
                                               agents::Precision::kBFloat16};
  if (device.is_cuda()) precisions.push_back(agents::Precision::kTf32);
  for (const auto& name : experiments::ShippedConfigs("methods")) {
    auto config = experiments::ReadConfig(
        experiments::ConfigSources{{"methods/" + name + ".yaml"}, {"device=" + device.str()}});
    if (config.observation != experiments::Observation::kPixels) continue;
    for (const auto precision : precisions) {
      config.agent.precision = precision;
      const Setting setting{device, config.agent.batch_size, precision, device.is_cuda()};
      const auto add = [&](const char* what, auto measure) {
        benchmark::RegisterBenchmark(
            setting.Name(what + name).c_str(),
            [=](benchmark::State& state) { measure(state, setting, config); })
            ->Unit(benchmark::kMillisecond)
            ->UseRealTime();
      };
      add("Method/", UpdateOfMethod);
      add("MethodSample/", SampleOfMethod);
    }
  }
}

}  // namespace curl_rl::benchmarks
