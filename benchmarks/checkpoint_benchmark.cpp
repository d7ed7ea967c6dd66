// What checkpoints of a long run from pixels cost: checkpoint_benchmark FOLDER [TASK [DECISIONS]]
//
// Fills the replay of a run with the paper's sizes with rendered frames (a few thousand different
// ones, in turn: a segment is compressed by itself, so that repetition beyond it helps nothing),
// and does what the trainer does: frames are archived in segments as they come, and a checkpoint
// writes the rest. Prints sizes, and how long training stands still.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "experiments/checkpoints/checkpoint.h"
#include "experiments/checkpoints/frame_archive.h"
#include "experiments/config/config_reader.h"
#include "experiments/play/agent_view.h"
#include "experiments/training/trainer.h"

namespace {

using namespace curl_rl;
namespace fs = std::filesystem;

double Seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double Megabytes(const fs::path& path) {
  double bytes = fs::is_regular_file(path) ? static_cast<double>(fs::file_size(path)) : 0.0;
  if (fs::is_directory(path)) {
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file()) bytes += static_cast<double>(entry.file_size());
    }
  }
  return bytes / 1e6;
}

// Frames of random play, uint8 [H, W, C] each.
std::vector<torch::Tensor> RenderFrames(const experiments::ExperimentConfig& config, int count) {
  experiments::AgentView view(config, 1);
  std::vector<torch::Tensor> frames;
  bool over = true;
  while (static_cast<int>(frames.size()) < count) {
    if (over) {
      view.Reset();
      over = false;
    } else {
      const auto action = torch::rand({view.action_size()}, torch::kFloat64) * 2.0 - 1.0;
      const auto* values = action.data_ptr<double>();
      over = view.Step({values, values + action.numel()}).last();
    }
    frames.push_back(view.observation().clone());
  }
  return frames;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: checkpoint_benchmark FOLDER [TASK [DECISIONS]]\n");
    return 2;
  }
  const std::string folder = argv[1];
  const std::string task = argc > 2 ? argv[2] : "cartpole_swingup";
  const std::int64_t decisions = argc > 3 ? std::atoll(argv[3]) : 100000;
  const auto config = experiments::ReadConfig("", {"task=" + task, "device=cpu"});
  const auto frames = RenderFrames(config, 2000);
  const std::int64_t action_size = experiments::AgentView(config, 1).action_size();

  replay::ReplayOptions options;
  options.observation_shape = frames.front().sizes().vec();
  options.action_size = action_size;
  options.capacity = decisions;
  replay::ReplayBuffer replay(options);
  const auto agent =
      experiments::MakeAgent(config, options.observation_shape, action_size, torch::kCPU);
  experiments::FrameArchive archive(experiments::FrameArchiveFolder(folder), {});
  const auto save = [&](std::int64_t step) {
    const double seconds = Seconds([&] {
      experiments::Checkpoint checkpoint;
      checkpoint.env_step = step;
      checkpoint.parts["agent"] = agent->Save();
      if (!replay::FirstNotFinite(checkpoint.parts["agent"]).empty()) std::abort();
      checkpoint.state = {{"frames", ToJson(archive.Flush(replay))}};
      checkpoint.parts["replay"] = replay.Save();
      experiments::WriteCheckpoint(folder, checkpoint);
      experiments::PruneCheckpoints(folder, 2);
    });
    char name[32];
    std::snprintf(name, sizeof name, "env_step_%012lld", static_cast<long long>(step));
    const auto path = fs::path(folder) / "checkpoints";
    std::printf("  at decision %7lld: pause %.2f s; its folder %.1f MB, all frames %.1f MB\n",
                static_cast<long long>(step), seconds, Megabytes(path / name),
                Megabytes(path / "frames"));
    std::fflush(stdout);
  };

  std::printf("%s, %lld decisions, frames %s, replay %.2f GB\n", task.c_str(),
              static_cast<long long>(decisions), c10::str(frames.front().sizes()).c_str(),
              static_cast<double>(ReplayBytes(options)) / 1e9);
  const std::vector<double> action(static_cast<std::size_t>(action_size), 0.5);
  double longest = 0.0, all = 0.0;
  int segments = 0;
  replay.BeginEpisode(frames.front());
  for (std::int64_t i = 1; i <= decisions; ++i) {
    replay.Add(frames[static_cast<std::size_t>(i) % frames.size()], action, 0.5, false, false);
    const double seconds = Seconds([&] { archive.Append(replay); });
    if (seconds > 1e-3) {
      longest = std::max(longest, seconds);
      all += seconds;
      ++segments;
    }
    if (i == decisions / 2 || i == decisions) save(i);
  }
  std::printf("  %d segments written while it went on: %.2f s in all, the longest pause %.2f s\n",
              segments, all, longest);
  std::printf("  what one checkpoint of everything at once would write: %.1f MB more\n",
              Megabytes(fs::path(folder) / "checkpoints" / "frames"));

  replay::ReplayBuffer restored(options);
  const double seconds = Seconds([&] {
    const auto read = experiments::ReadCheckpoint(folder, decisions);
    restored.Load(read.parts.at("replay"));
    experiments::FrameArchive(experiments::FrameArchiveFolder(folder),
                              experiments::SegmentsFromJson(read.state.at("frames")))
        .Restore(restored);
  });
  const auto last = replay.next_id();
  const bool equal = torch::equal(replay.Observations(last - 5000, last),
                                  restored.Observations(last - 5000, last));
  std::printf("  read back in %.2f s, the newest 5000 frames %s\n", seconds,
              equal ? "equal" : "DIFFERENT");
  return equal ? 0 : 1;
}
