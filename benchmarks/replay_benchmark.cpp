// What compressed frames cost and save: replay_benchmark [TASK [IMAGE_SIZE [TRANSITIONS]]]
//
// Two replays, one raw and one compressed, are filled with the same rendered frames (2000 different
// ones in their order, again and again: no dictionary reaches back so far), and the same batches
// are drawn from both in turn, with one thread and with two. Prints bytes, how long a frame takes
// to pack, and for each method and batch size both medians and the median of the ratios.
#include <malloc.h>
#include <torch/types.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "envs/episode.h"
#include "envs/registry.h"
#include "replay/replay_buffer.h"

namespace {

using namespace curl_rl;

constexpr int kDifferent = 2000;  // frames
constexpr std::int64_t kEpisode = 500;
constexpr int kRounds = 31;

double Seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// What CURL draws: three views cut out anywhere; and DrQ-v2: two that are shifted, of 3 steps.
replay::BatchSpec SpecOf(bool curl, std::int64_t batch, std::int64_t image) {
  replay::BatchSpec spec;
  spec.batch_size = batch;
  spec.n_step = curl ? 1 : 3;
  for (const char* name : {"observation", "next_observation", "positive"}) {
    replay::View view;
    view.name = name;
    view.window = curl ? replay::Window::kRandomCrop : replay::Window::kShift;
    view.size = std::min<std::int64_t>(84, image);
    if (view.name == "next_observation") view.of = replay::ViewOf::kNext;
    if (curl || view.name != "positive") spec.views.push_back(view);
  }
  return spec;
}

// As random play shows them, uint8 [size, size, 3] each.
std::vector<torch::Tensor> RenderFrames(const std::string& task, int size) {
  envs::EnvironmentOptions options;
  options.seed = 1;
  options.pixels = true;
  options.image_size = size;
  const auto environment = envs::Make(task, options);
  envs::Episode episode(*environment, 2);
  std::vector<torch::Tensor> frames;
  bool first = true;
  while (frames.size() < kDifferent) {
    if (first || episode.over()) {
      episode.Begin();
    } else {
      const auto action = torch::rand({environment->action_spec().size}, torch::kFloat64) * 2 - 1;
      const auto* values = action.data_ptr<double>();
      for (episode.Hold({values, values + action.numel()}); !episode.decision_due();) {
        episode.Step();
      }
    }
    first = false;
    frames.push_back(torch::empty({size, size, 3}, torch::kUInt8));
    environment->Observe(frames.back().data_ptr<std::uint8_t>());
  }
  return frames;
}

double Fill(replay::ReplayBuffer& replay, const std::vector<torch::Tensor>& frames) {
  const std::vector<double> action(static_cast<std::size_t>(replay.options().action_size), 0.5);
  std::size_t frame = 0;
  const auto next = [&] { return frames[frame++ % frames.size()]; };
  return Seconds([&] {
    for (std::int64_t n = 0; n < replay.options().capacity; ++n) {
      if (n % kEpisode == 0) replay.BeginEpisode(next());
      replay.Add(next(), action, 0.5, false, n % kEpisode == kEpisode - 1);
    }
  });
}

void Compare(replay::ReplayBuffer& raw, replay::ReplayBuffer& compressed, bool curl,
             std::int64_t size) {
  for (const int threads : {1, 2}) {
    at::set_num_threads(threads);
    for (const std::int64_t batch : {128, 256, 512}) {
      const auto spec = SpecOf(curl, batch, size);
      replay::Batch a, b;
      std::vector<double> plain, packed, ratios;
      for (int round = 0; round < kRounds; ++round) {
        // In turn: what comes second finds other things in the caches.
        double first = 0.0;
        if (round % 2 == 0) first = Seconds([&] { raw.SampleInto(spec, a); });
        packed.push_back(Seconds([&] { compressed.SampleInto(spec, b); }));
        if (round % 2 == 1) first = Seconds([&] { raw.SampleInto(spec, a); });
        plain.push_back(first);
        ratios.push_back(packed.back() / first);
        if (!torch::equal(a.at("observation"), b.at("observation"))) std::abort();
      }
      std::printf("| %s | %d | %lld | %.2f | %.2f | %.2f |\n", curl ? "CURL" : "DrQ-v2", threads,
                  static_cast<long long>(batch), 1e3 * Median(plain), 1e3 * Median(packed),
                  Median(ratios));
      std::fflush(stdout);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string task = argc > 1 ? argv[1] : "cartpole_swingup";
  const std::string size = argc > 2 ? argv[2] : "84";
  mallopt(M_MMAP_MAX, 0);  // as a run keeps its memory (experiments/machine/process_setup.cpp)
  const auto frames = RenderFrames(task, std::stoi(size));

  replay::ReplayOptions options;
  options.observation_shape = frames.front().sizes().vec();
  options.action_size = 6;
  options.capacity = argc > 3 ? std::atoll(argv[3]) : 20000;
  replay::ReplayBuffer raw(options);
  options.frames = replay::FrameStorage::kCompressed;
  replay::ReplayBuffer compressed(options);
  const double plain = Fill(raw, frames), packed = Fill(compressed, frames);
  const auto count = static_cast<double>(options.capacity);
  const auto a_frame = static_cast<double>(compressed.bytes_now()) / count;
  std::printf(
      "%s, frames of %s: %.0f bytes a transition, raw %.0f (%.1f times as many); a million "
      "take %.2f GB, raw %.2f; packing takes %.2f ms a frame\n",
      task.c_str(), size.c_str(), a_frame, static_cast<double>(raw.bytes_now()) / count,
      static_cast<double>(raw.bytes_now()) / static_cast<double>(compressed.bytes_now()),
      a_frame / 1e3, static_cast<double>(raw.bytes_now()) / count / 1e3,
      1e3 * (packed - plain) / count);
  std::printf(
      "| views | threads | batch | raw, ms | compressed, ms | compressed / raw |\n"
      "|---|---|---|---|---|---|\n");
  for (const bool curl : {true, false}) Compare(raw, compressed, curl, std::stoll(size));
}
