// Plays episodes for a film in an environment of their own, so that training does not notice.
#include "experiments/training/agent_film.h"

#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "experiments/training/evaluation.h"
#include "experiments/video/stage.h"
#include "experiments/video/video_encoder.h"
#include "replay/random_stream.h"

namespace curl_rl::experiments {
namespace {

std::uint32_t VideoSeed(const ExperimentConfig& config) {
  return static_cast<std::uint32_t>(
      replay::StreamSeed(static_cast<std::uint64_t>(config.seed), replay::StreamPurpose::kVideo));
}

int SideOf(const ExperimentConfig& config) {
  if (config.video_size > 0) return static_cast<int>(config.video_size);
  return video::DefaultSide(static_cast<std::size_t>(config.video_episodes));
}

}  // namespace

std::string VideoPath(const std::string& run_dir, std::int64_t env_step) {
  char name[64];
  std::snprintf(name, sizeof name, "env_step_%012lld.mp4", static_cast<long long>(env_step));
  return (std::filesystem::path(run_dir) / "videos" / name).string();
}

void CheckFilming(const ExperimentConfig& config) {
  video::CheckEncoder();
  const int side = SideOf(config);
  video::Stage(config.task, EnvironmentOptionsOf(config, VideoSeed(config)), side, side);
}

video::FilmInfo FilmAgent(const ExperimentConfig& config, agents::Agent& agent,
                          const std::string& path, const std::function<bool()>& stop) {
  const auto seed = VideoSeed(config);
  video::Recordings recordings{config.task, EnvironmentOptionsOf(config, seed),
                               config.action_repeat};
  auto lanes = MakeEvaluationLanes(config, seed, 1);
  if (Evaluate(agent, lanes, config.video_episodes, &recordings.episodes, stop).empty()) {
    throw std::runtime_error(path + ": stopped before its episodes were played");
  }
  video::FilmOptions options;
  options.height = options.width = SideOf(config);
  options.stop = stop;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  return video::WriteVideo(recordings, options, path);
}

}  // namespace curl_rl::experiments
