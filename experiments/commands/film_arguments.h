// The options by which a command that plays episodes also films them.
#pragma once

#include <ostream>
#include <string>

#include "experiments/commands/arguments.h"
#include "experiments/video/film.h"

namespace curl_rl::video {

/// What a user asked to be filmed.
struct FilmRequest {
  std::string video;          // FILE.mp4; empty: none
  std::string stills;         // FILE.png; empty: none
  std::int64_t episodes = 0;  // the first ones are needed; 0: nothing is filmed
  FilmOptions options;
  bool sized = false;  // the user said how large
};

/// Adds --video, --video-episodes, --video-size and --stills.
void AddFilmOptions(experiments::ArgumentSpec* spec);

/// Reads them. Throws UsageError for what cannot be, std::runtime_error if this program or machine
/// cannot encode videos: before anything is played.
FilmRequest ReadFilmOptions(const experiments::Arguments& arguments);

/// Writes what was asked for, with a line on `out` for each file; Ctrl-C leaves no half of one.
/// Errors as WriteVideo.
void Film(const Recordings& recordings, FilmRequest request, std::ostream& out);

}  // namespace curl_rl::video
