// Episodes that were played, played again and drawn: as a video or as stills.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "envs/registry.h"

namespace curl_rl::video {

/// One episode as it was played. The environment gives the same one again for the same actions, so
/// that playing need not wait for drawing.
struct Recording {
  std::vector<std::vector<double>> actions;  // one a decision
  double episode_return = 0.0;
};

/// What was played: the first episodes of an environment made with these options.
struct Recordings {
  std::string task;
  envs::EnvironmentOptions environment;
  std::int64_t action_repeat = 1;  // control steps a decision
  std::vector<Recording> episodes = {};
};

/// How it is drawn.
struct FilmOptions {
  int height = 480;  // of one episode's picture, pixels
  int width = 480;
  std::function<bool()> stop = [] { return false; };  // asked before each frame
};

/// What was written.
struct FilmInfo {
  std::string path;
  int episodes = 0;
  std::int64_t frames = 0;
  int height = 0;  // pixels
  int width = 0;
  double frames_per_second = 0.0;

  std::string Describe() const;  // one line
};

/// The side, in pixels, of one episode's square picture that makes a video of `episodes` easy to
/// look at.
int DefaultSide(std::size_t episodes);

/// Writes all episodes as an MP4 video, side by side in a grid: one frame of the start and one a
/// control step, at the environment's own rate. An episode that has ended stays as it is, dimmed.
/// Throws std::runtime_error, leaving no file, if it cannot be written, if `stop` says so, or if
/// the episodes are not those recorded: the environment breaks its contract then.
FilmInfo WriteVideo(const Recordings& recordings, const FilmOptions& options,
                    const std::string& path);

/// Writes `count` moments of the first episode, evenly spaced from start to end, row by row as one
/// PNG picture. Errors as WriteVideo.
FilmInfo WriteStills(const Recordings& recordings, const FilmOptions& options, int count,
                     const std::string& path);

}  // namespace curl_rl::video
