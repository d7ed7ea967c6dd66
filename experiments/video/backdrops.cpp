// Reads the files, and keeps what others have already read.
#include "experiments/video/backdrops.h"

#include <filesystem>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "envs/python/area_resize.h"
#include "experiments/config/backdrop_files.h"
#include "experiments/video/video_decoder.h"

namespace curl_rl::video {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostBytes = std::size_t{4} << 30;

// Appends at most `most` frames of the file to `clip`.
void Append(const std::string& file, int side, int most, std::vector<std::uint8_t>* clip) {
  const std::size_t bytes = std::size_t{3} * side * side;
  DecodeFrames(file, [&](const Image& image) {
    clip->resize(clip->size() + bytes);
    envs::ResizeByArea(image.pixels.data(), {image.height, image.width, 3},
                       clip->data() + clip->size() - bytes, {side, side, 3});
    return --most > 0;
  });
}

std::shared_ptr<const envs::Backdrop> Read(const envs::Disturbances& disturbances, int side) {
  auto backdrop = std::make_shared<envs::Backdrop>();
  backdrop->side = side;
  const bool pictures = disturbances.pictures != envs::Strength::kNone;
  std::size_t bytes = 0;
  for (const auto& files : experiments::FilesOfClips(disturbances)) {
    // A video is one file with its frames, or a file a frame.
    const int most = pictures || files.size() > 1 ? 1 : experiments::kMostFrames;
    std::vector<std::uint8_t>& clip = backdrop->clips.emplace_back();
    for (const std::string& file : files) Append(file, side, most, &clip);
    bytes += clip.size();
    if (bytes > kMostBytes) {
      throw std::runtime_error(disturbances.from +
                               ": its frames take more than 4 GiB of memory; name fewer videos, or "
                               "draw smaller frames");
    }
  }
  return backdrop;
}

}  // namespace

std::shared_ptr<const envs::Backdrop> LoadBackdrop(const envs::Disturbances& disturbances,
                                                   int side) {
  const bool pictures = disturbances.pictures != envs::Strength::kNone;
  if (!pictures && disturbances.video == envs::Strength::kNone) return nullptr;
  using Key = std::tuple<std::string, bool, int, int>;
  static std::mutex mutex;
  static std::map<Key, std::weak_ptr<const envs::Backdrop>> known;
  const Key key{fs::weakly_canonical(disturbances.from).string(), pictures,
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
