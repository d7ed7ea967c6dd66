// What hosting costs: a control step, with its frame, of an environment that does nothing, in
// Python and in C++. Python is the python3 of PATH; nothing but its own library is needed.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "envs/python/python_task.h"

namespace {

using namespace curl_rl;

// The C++ side of benchmarks/idle.py: an action taken, a frame and a number shown.
class Idle final : public envs::Environment {
 public:
  explicit Idle(int side) : frame_(static_cast<std::size_t>(side) * side * 3) {
    observation_.height = observation_.width = side;
    observation_.channels = 3;
    observation_.state = {{"number", 1}};
    action_.size = 1;
  }
  const envs::ObservationSpec& observation_spec() const override { return observation_; }
  const envs::ActionSpec& action_spec() const override { return action_; }
  double control_timestep() const override { return 0.05; }
  int step_limit() const override { return 0; }
  void Reset() override {}
  envs::StepResult Step(const std::vector<double>& action) override {
    envs::CheckAction(action_, action);
    return {};
  }
  void Observe(std::uint8_t* pixels) override { std::copy(frame_.begin(), frame_.end(), pixels); }
  void ObserveState(double* state) const override { *state = 0.0; }

 private:
  envs::ObservationSpec observation_;
  envs::ActionSpec action_;
  std::vector<std::uint8_t> frame_;
};

void StepAndObserve(benchmark::State& state, envs::Environment& environment) {
  std::vector<std::uint8_t> frame(environment.observation_spec().pixel_count());
  const std::vector<double> action(static_cast<std::size_t>(environment.action_spec().size), 0.3);
  environment.Reset();
  for (auto _ : state) {
    if (environment.Step(action).last()) environment.Reset();
    environment.Observe(frame.data());
    benchmark::DoNotOptimize(frame.data());
  }
}

void InPython(benchmark::State& state, const std::string& task) {
  envs::EnvironmentOptions options;
  options.image_size = static_cast<int>(state.range(0));
  StepAndObserve(state, *envs::PythonTask(task).factory(options));
}

void InCpp(benchmark::State& state) {
  Idle environment(static_cast<int>(state.range(0)));
  StepAndObserve(state, environment);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string file = "python:" CURL_RL_IDLE_PY;
  benchmark::RegisterBenchmark("cpp", InCpp)->Arg(84)->Arg(100)->UseRealTime();
  for (const std::string make : {"make_observing", "make_drawing"}) {
    benchmark::RegisterBenchmark(
        ("python/" + make).c_str(),
        [task = file + ":" + make](benchmark::State& state) { InPython(state, task); })
        ->Arg(84)
        ->Arg(100)
        ->UseRealTime();
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
