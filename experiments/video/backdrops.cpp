// Finds the files, reads them, and keeps what others have already read.
#include "experiments/video/backdrops.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "envs/python/area_resize.h"
#include "experiments/video/video_decoder.h"

namespace curl_rl::video {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostBytes = std::size_t{4} << 30;

// What is in a folder, by name, without hidden files.
std::vector<fs::path> Entries(const fs::path& folder) {
  std::vector<fs::path> entries;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename().string().front() != '.') entries.push_back(entry.path());
  }
  std::sort(entries.begin(), entries.end());
  if (entries.empty()) throw std::runtime_error(folder.string() + ": the folder is empty");
  return entries;
}

// The first `count` of them; 0: all.
std::vector<fs::path> First(std::vector<fs::path> entries, int count) {
  if (count > 0 && entries.size() > static_cast<std::size_t>(count)) entries.resize(count);
  return entries;
}

// Appends at most `most` frames of the file to `clip`.
void Append(const fs::path& file, int side, int most, std::vector<std::uint8_t>* clip) {
  const std::size_t bytes = std::size_t{3} * side * side;
  DecodeFrames(file.string(), [&](const Image& image) {
    clip->resize(clip->size() + bytes);
    envs::ResizeByArea(image.pixels.data(), {image.height, image.width, 3},
                       clip->data() + clip->size() - bytes, {side, side, 3});
    return --most > 0;
  });
}

std::vector<std::uint8_t> ReadVideo(const fs::path& path, int side) {
  std::vector<std::uint8_t> clip;
  if (!fs::is_directory(path)) {
    Append(path, side, kMostFrames, &clip);
    return clip;
  }
  for (const fs::path& frame : First(Entries(path), kMostFrames)) Append(frame, side, 1, &clip);
  return clip;
}

// A file is one video, a folder holds several: files, or folders of frames.
std::vector<fs::path> Videos(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  return Entries(path);
}

std::shared_ptr<const envs::Backdrop> Read(const envs::Disturbances& disturbances, int side) {
  const fs::path from = disturbances.from;
  const int count = envs::CountOf(disturbances.background());
  auto backdrop = std::make_shared<envs::Backdrop>();
  backdrop->side = side;
  std::size_t bytes = 0;
  const auto keep = [&](std::vector<std::uint8_t> clip) {
    bytes += clip.size();
    if (bytes > kMostBytes) {
      throw std::runtime_error(from.string() +
                               ": its frames take more than 4 GiB of memory; name fewer videos, or "
                               "draw smaller frames");
    }
    backdrop->clips.push_back(std::move(clip));
  };
  if (disturbances.pictures != envs::Strength::kNone) {
    if (!fs::is_directory(from)) {
      throw std::runtime_error(from.string() + ": pictures must be in a folder, this is none");
    }
    for (const fs::path& file : First(Entries(from), count)) {
      std::vector<std::uint8_t> picture;
      Append(file, side, 1, &picture);
      keep(std::move(picture));
    }
  } else {
    for (const fs::path& video : First(Videos(from), count)) keep(ReadVideo(video, side));
  }
  return backdrop;
}

}  // namespace

std::shared_ptr<const envs::Backdrop> LoadBackdrop(const envs::Disturbances& disturbances,
                                                   int side) {
  const bool pictures = disturbances.pictures != envs::Strength::kNone;
  if (!pictures && disturbances.video == envs::Strength::kNone) return nullptr;
  if (!fs::exists(disturbances.from)) {
    throw std::runtime_error(disturbances.from + ": there is no such file or folder (" +
                             envs::TextOf(disturbances) + ")");
  }
  using Key = std::tuple<std::string, bool, int, int>;
  static std::mutex mutex;
  static std::map<Key, std::weak_ptr<const envs::Backdrop>> known;
  const Key key{fs::canonical(disturbances.from).string(), pictures,
                envs::CountOf(disturbances.background()), side};
  const std::lock_guard<std::mutex> lock(mutex);
  if (auto backdrop = known[key].lock()) return backdrop;
  auto backdrop = Read(disturbances, side);
  known[key] = backdrop;
  return backdrop;
}

void SetDisturbances(const envs::Disturbances& disturbances, envs::EnvironmentOptions* options) {
  options->disturbances = disturbances;
  options->backdrop = LoadBackdrop(disturbances, options->image_size);
}

}  // namespace curl_rl::video
