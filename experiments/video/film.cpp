// Plays recordings again, draws each, and puts them side by side into a video or a sheet of stills.
#include "experiments/video/film.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <stdexcept>

#include "envs/episode.h"
#include "experiments/files/png.h"
#include "experiments/video/stage.h"
#include "experiments/video/video_encoder.h"

namespace curl_rl::video {
namespace {

// One recorded episode on a stage of its own.
class Replay {
 public:
  // At the start of `episode`: the random stream decides it, so those before are played too,
  // unseen.
  Replay(const Recordings& recordings, std::size_t episode, int height, int width)
      : recordings_(recordings),
        stage_(recordings.task, recordings.environment, height, width),
        play_(stage_.environment(), recordings.action_repeat) {
    for (episode_ = 0; episode_ < episode; ++episode_) {
      Begin();
      while (Step()) continue;
    }
    Begin();
  }

  // One control step; false, and nothing is done, if the episode is over.
  bool Step() {
    const Recording& recording = recordings_.episodes[episode_];
    if (play_.over()) return false;
    if (play_.decision_due()) {
      if (decision_ == recording.actions.size()) return false;
      play_.Hold(recording.actions[decision_++]);
    }
    play_.Step();
    if (play_.over()) CheckReturn(recording);
    return true;
  }

  const Image& Draw() { return stage_.Draw(); }
  double control_timestep() { return stage_.environment().control_timestep(); }

 private:
  void Begin() {
    play_.Begin();
    decision_ = 0;
  }

  void CheckReturn(const Recording& recording) const {
    // Rewards are summed by decision there and by control step here.
    const double slack = 1e-9 * std::max(1.0, std::abs(recording.episode_return));
    if (std::abs(play_.episode_return() - recording.episode_return) <= slack) return;
    throw std::runtime_error(
        recordings_.task + ": episode " + std::to_string(episode_) + " returned " +
        std::to_string(recording.episode_return) + ", but " +
        std::to_string(play_.episode_return()) +
        " when it was played again to be filmed: the same seed and actions must give the same "
        "rewards");
  }

  const Recordings& recordings_;
  Stage stage_;
  envs::Episode play_;
  std::size_t episode_ = 0;
  std::size_t decision_ = 0;  // the next one's number in the episode
};

void CheckRecordings(const Recordings& recordings) {
  if (recordings.episodes.empty()) throw std::logic_error("no episode to film");
}

void StopIfAsked(const FilmOptions& options, const std::string& path) {
  if (options.stop()) throw std::runtime_error(path + ": stopped before it was complete; not kept");
}

}  // namespace

std::string FilmInfo::Describe() const {
  char text[160];
  std::snprintf(text, sizeof text, "%d episode%s, %lld frames of %dx%d pixels, %g a second",
                episodes, episodes == 1 ? "" : "s", static_cast<long long>(frames), width, height,
                frames_per_second);
  return path + ": " + text;
}

int DefaultSide(std::size_t episodes) {
  const int columns = ChooseGrid(static_cast<int>(episodes), 1, 1).columns;
  return columns <= 2 ? 480 : std::max(120, 960 / columns);
}

FilmInfo WriteVideo(const Recordings& recordings, const FilmOptions& options,
                    const std::string& path) {
  CheckRecordings(recordings);
  CheckEncoder();
  const int count = static_cast<int>(recordings.episodes.size());
  const Grid grid = ChooseGrid(count, options.height, options.width);
  std::vector<std::unique_ptr<Replay>> replays;
  for (int i = 0; i < count; ++i) {
    StopIfAsked(options, path);
    replays.push_back(std::make_unique<Replay>(recordings, i, options.height, options.width));
  }
  FilmInfo info{path, count, 0, grid.height(), grid.width(), 0.0};
  const double timestep = replays.front()->control_timestep();
  info.frames_per_second = 1.0 / timestep;
  VideoEncoder encoder(path, info.height, info.width, timestep);

  Image canvas(info.height, info.width);
  std::vector<bool> over(replays.size(), false);
  for (bool playing = true; playing;) {
    StopIfAsked(options, path);
    for (int i = 0; i < count; ++i) {
      if (!over[i]) Paste(replays[i]->Draw(), grid.y(i), grid.x(i), &canvas);
    }
    encoder.Add(canvas.pixels.data());
    ++info.frames;
    playing = false;
    for (int i = 0; i < count; ++i) {
      if (over[i]) continue;
      over[i] = !replays[i]->Step();
      if (!over[i]) {
        playing = true;
        continue;
      }
      Image last = replays[i]->Draw();
      Dim(&last);
      Paste(last, grid.y(i), grid.x(i), &canvas);
    }
  }
  encoder.Finish();
  return info;
}

FilmInfo WriteStills(const Recordings& recordings, const FilmOptions& options, int count,
                     const std::string& path) {
  CheckRecordings(recordings);
  Replay replay(recordings, 0, options.height, options.width);
  Grid grid = ChooseGrid(count, options.height, options.width);
  Image sheet(grid.height(), grid.width());
  // The last decision may have been cut short; then the last still is that of the end.
  const std::int64_t steps = recordings.action_repeat *
                             static_cast<std::int64_t>(recordings.episodes.front().actions.size());
  std::int64_t step = 0;
  for (int i = 0; i < count; ++i) {
    StopIfAsked(options, path);
    const std::int64_t moment = count > 1 ? std::llround(1.0 * i * steps / (count - 1)) : 0;
    while (step < moment && replay.Step()) ++step;
    Paste(replay.Draw(), grid.y(i), grid.x(i), &sheet);
  }
  experiments::WritePng(path, sheet.pixels.data(), sheet.height, sheet.width, 3);
  return {path, 1, count, sheet.height, sheet.width, 1.0 / replay.control_timestep()};
}

}  // namespace curl_rl::video
