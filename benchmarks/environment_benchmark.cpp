// What one control step of an environment with a frame costs, and a frame alone, for parity with
// dm_control and for cheaper pixels, and a frame of the task disturbed.
// benchmarks/against_environments.py sets the first beside other programs' figures.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "envs/registry.h"

namespace {

using namespace curl_rl;

constexpr const char* kTasks[] = {"ball_in_cup_catch", "cartpole_swingup", "cheetah_run",
                                  "finger_spin",       "reacher_easy",     "walker_walk"};

// `quality` 0: dm_control's pixels; 1: coarser round shapes; 2: that and no multisampling; 3: that
// and a coarser shadow map, which is rendering/fast.yaml.
envs::RenderOptions Quality(std::int64_t quality) {
  envs::RenderOptions render;
  if (quality >= 1) {
    render.slices = 14;
    render.stacks = 8;
  }
  if (quality >= 2) render.samples = 0;
  if (quality >= 3) render.shadow_size = 512;
  return render;
}

// A task being played, and the frame it shows.
struct Play {
  Play(const std::string& task, int size, std::int64_t quality) {
    envs::EnvironmentOptions options;
    options.image_size = size;
    options.render = Quality(quality);
    environment = envs::Make(task, options);
    frame.resize(environment->observation_spec().pixel_count());
    action.assign(static_cast<std::size_t>(environment->action_spec().size), 0.3);
    environment->Reset();
    environment->Observe(frame.data());
  }
  void Step() {
    if (environment->Step(action).last()) environment->Reset();
    environment->Observe(frame.data());
  }
  std::unique_ptr<envs::Environment> environment;
  std::vector<std::uint8_t> frame;  // uint8 [size, size, 3]
  std::vector<double> action;
};

// How far the frames of 50 steps are from dm_control's: mean difference in grey levels of a
// channel, and the share of channels that differ at all.
void CountDifferences(benchmark::State& state, const std::string& task, int size,
                      std::int64_t quality) {
  Play exact(task, size, 0);
  Play cheap(task, size, quality);
  double difference = 0.0, changed = 0.0;
  for (int i = 0; i < 50; ++i) {
    exact.Step();
    cheap.Step();
    for (std::size_t p = 0; p < exact.frame.size(); ++p) {
      const int d = std::abs(exact.frame[p] - cheap.frame[p]);
      difference += d;
      changed += d > 0;
    }
  }
  const double count = 50.0 * static_cast<double>(exact.frame.size());
  state.counters["mean_difference"] = difference / count;
  state.counters["share_changed"] = changed / count;
}

void StepAndObserve(benchmark::State& state, const std::string& task) {
  const auto size = static_cast<int>(state.range(0));
  const auto quality = state.range(1);
  Play play(task, size, quality);
  for (auto _ : state) play.Step();
  state.SetLabel(play.environment->DrawnBy());
  if (quality > 0) CountDifferences(state, task, size, quality);
}

// A film of ten frames.
std::shared_ptr<const envs::Backdrop> MakeBackdrop(int side) {
  auto backdrop = std::make_shared<envs::Backdrop>();
  backdrop->side = side;
  for (std::size_t i = 0; i < 10 * backdrop->picture_bytes(); ++i) {
    if (i == 0) backdrop->clips.emplace_back();
    backdrop->clips[0].push_back(static_cast<std::uint8_t>(envs::Mixed(i)));
  }
  return backdrop;
}

void Observe(benchmark::State& state, const std::string& task, const std::string& disturbances) {
  constexpr int kSide = 100;
  envs::EnvironmentOptions options;
  options.image_size = kSide;
  options.disturbances = envs::ParseDisturbances(disturbances);
  if (!options.disturbances.from.empty()) options.backdrop = MakeBackdrop(kSide);
  const auto environment = envs::Make(task, options);
  std::vector<std::uint8_t> frame(environment->observation_spec().pixel_count());
  environment->Reset();
  for (auto _ : state) environment->Observe(frame.data());
}

}  // namespace

int main(int argc, char** argv) {
  for (const auto* task : kTasks) {
    auto* const step = benchmark::RegisterBenchmark(
        (std::string("StepAndObserve/") + task).c_str(),
        [task](benchmark::State& state) { StepAndObserve(state, task); });
    step->ArgNames({"size", "quality"})->Unit(benchmark::kMillisecond)->UseRealTime();
    for (const std::int64_t size : {84, 100}) {
      for (const std::int64_t quality : {0, 1, 2, 3}) step->Args({size, quality});
    }
  }
  std::vector<std::string> all = {"none"};
  for (const std::string kind : {"colors", "camera", "light", "noise", "pictures", "video"}) {
    for (const std::string strength : {"easy", "medium", "hard"}) {
      const bool from_files = kind == "pictures" || kind == "video";
      all.push_back(kind + "=" + strength + (from_files ? ":made" : ""));
    }
  }
  for (const auto* task : {"cartpole_swingup", "walker_walk"}) {
    for (const std::string& disturbances : all) {
      benchmark::RegisterBenchmark(
          ("Observe/" + std::string(task) + "/" + disturbances).c_str(),
          [=](benchmark::State& state) { Observe(state, task, disturbances); })
          ->Unit(benchmark::kMicrosecond)
          ->UseRealTime();
    }
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
