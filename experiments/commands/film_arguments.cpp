// Reads the filming options, checks them before anything is played, and films.
#include "experiments/commands/film_arguments.h"

#include <algorithm>
#include <charconv>

#include "experiments/config/usage_error.h"
#include "experiments/machine/signals.h"
#include "experiments/video/image.h"
#include "experiments/video/video_encoder.h"

namespace curl_rl::video {
namespace {

using experiments::UsageError;

constexpr int kMaxSide = 4096;    // of one picture
constexpr int kMaxEpisodes = 36;  // in one video; each has a GL context
constexpr int kStills = 12;
constexpr int kStillSide = 240;  // pixels, by default

void CheckName(const std::string& option, const std::string& path, const std::string& ending) {
  if (path.size() > ending.size() &&
      path.compare(path.size() - ending.size(), ending.size(), ending) == 0) {
    return;
  }
  throw UsageError("--" + option + " needs a FILE" + ending + ", got '" + path + "'");
}

// "480" or "640x360" (width x height).
void ReadSize(const std::string& text, FilmOptions* options) {
  const char* const end = text.data() + text.size();
  auto [next, error] = std::from_chars(text.data(), end, options->width);
  options->height = options->width;
  if (error == std::errc() && next != end && *next == 'x') {
    const auto second = std::from_chars(next + 1, end, options->height);
    next = second.ptr;
    error = second.ec;
  }
  const auto fits = [](int side) { return side >= 1 && side <= kMaxSide; };
  if (error == std::errc() && next == end && fits(options->width) && fits(options->height)) return;
  throw UsageError("--video-size: got '" + text +
                   "', allowed: a side or WIDTHxHEIGHT in pixels, each 1 .. " +
                   std::to_string(kMaxSide));
}

}  // namespace

void AddFilmOptions(experiments::ArgumentSpec* spec) {
  namespace po = boost::program_options;
  auto add = spec->options.add_options();
  add("video", po::value<std::string>(), "FILE.mp4: a video of the first episodes");
  add("video-episodes", po::value<std::int64_t>()->default_value(1),
      "how many of them, side by side");
  add("video-size", po::value<std::string>(),
      "pixels of an episode's picture: a side, or WIDTHxHEIGHT");
  add("stills", po::value<std::string>(), "FILE.png: 12 moments of the first episode");
}

FilmRequest ReadFilmOptions(const experiments::Arguments& arguments) {
  const auto& options = arguments.options;
  FilmRequest request;
  if (options.count("video") > 0) request.video = options["video"].as<std::string>();
  if (options.count("stills") > 0) request.stills = options["stills"].as<std::string>();
  const auto episodes = experiments::IntegerOption(arguments, "video-episodes", 1, kMaxEpisodes);
  if (request.video.empty() && (!options["video-episodes"].defaulted() ||
                                (request.stills.empty() && options.count("video-size") > 0))) {
    throw UsageError("--video-episodes and --video-size need --video FILE.mp4");
  }
  if (!request.video.empty()) {
    CheckName("video", request.video, ".mp4");
    CheckEncoder();
    request.episodes = episodes;
  }
  if (!request.stills.empty()) {
    CheckName("stills", request.stills, ".png");
    request.episodes = std::max<std::int64_t>(request.episodes, 1);
  }
  auto& size = request.options;
  size.height = size.width = DefaultSide(static_cast<std::size_t>(episodes));
  request.sized = options.count("video-size") > 0;
  if (request.sized) ReadSize(options["video-size"].as<std::string>(), &size);
  const Grid grid = ChooseGrid(static_cast<int>(episodes), size.height, size.width);
  if (grid.height() > kMaxVideoSide || grid.width() > kMaxVideoSide) {
    throw UsageError("--video-size: " + std::to_string(episodes) +
                     " episodes of that size make a video of " + std::to_string(grid.width()) +
                     "x" + std::to_string(grid.height()) +
                     " pixels, allowed: " + std::to_string(kMaxVideoSide) + " each");
  }
  return request;
}

void Film(const Recordings& recordings, FilmRequest request, std::ostream& out) {
  const experiments::SignalRequests signals;
  request.options.stop = [&signals] { return signals.stop(); };
  if (!request.stills.empty()) {
    FilmOptions options = request.options;
    if (!request.sized) options.height = options.width = kStillSide;
    const auto info = WriteStills(recordings, options, kStills, request.stills);
    out << info.path << ": " << kStills << " moments of the first episode, " << info.width << "x"
        << info.height << " pixels" << std::endl;
  }
  if (!request.video.empty()) {
    out << WriteVideo(recordings, request.options, request.video).Describe() << std::endl;
  }
}

}  // namespace curl_rl::video
