// The background of a disturbed frame: noise, a picture or a frame of a video, where nothing is.
#include <algorithm>
#include <cmath>
#include <vector>

#include "envs/disturbed_scene.h"
#include "envs/python/area_resize.h"

namespace curl_rl::envs {
namespace {

// The frame of `clip` that is seen at `step`: from a drawn one on, forwards, at the end back again.
std::size_t FrameAt(std::size_t frames, std::uint64_t start, std::int64_t step) {
  if (frames < 2) return 0;
  const std::uint64_t there_and_back = 2 * (frames - 1);
  const std::uint64_t at = (start % frames + static_cast<std::uint64_t>(step)) % there_and_back;
  return std::min(at, there_and_back - at);
}

// The picture of this frame, uint8 RGB [height, width, 3].
std::vector<std::uint8_t> PictureOf(const FrameDisturbance& disturbance, int height, int width) {
  const Backdrop& backdrop = *disturbance.backdrop;
  const std::uint64_t seed = disturbance.drawn.backdrop_seed;
  const auto& clip = backdrop.clips[seed % backdrop.clips.size()];
  const std::size_t bytes = backdrop.picture_bytes();
  const std::size_t frame = FrameAt(clip.size() / bytes, Mixed(seed), disturbance.step);
  std::vector<std::uint8_t> picture(std::size_t{3} * height * width);
  ResizeByArea(clip.data() + frame * bytes, {backdrop.side, backdrop.side, 3}, picture.data(),
               {height, width, 3});
  return picture;
}

// Noise of this frame; held through an episode if it is easy.
std::vector<std::uint8_t> NoiseOf(const FrameDisturbance& disturbance, int height, int width) {
  const auto moment =
      disturbance.kinds.noise == Strength::kEasy ? 0 : static_cast<std::uint64_t>(disturbance.step);
  const std::uint64_t seed = Mixed(disturbance.drawn.backdrop_seed + moment);
  std::vector<std::uint8_t> noise;
  noise.reserve(std::size_t{3} * height * width);
  for (int i = 0; i < height * width; ++i) {
    const std::uint64_t bits = Mixed(seed + static_cast<std::uint64_t>(i));
    for (int channel = 0; channel < 3; ++channel) {
      noise.push_back(static_cast<std::uint8_t>(bits >> (8 * channel)));
    }
  }
  return noise;
}

// A frame as it was drawn, asked about the neighbourhood of a pixel.
class Drawn {
 public:
  Drawn(int height, int width, const float* depth, const std::uint8_t* pixels)
      : height_(height),
        width_(width),
        depth_(depth),
        pixels_(pixels, pixels + std::size_t{3} * height * width) {}

  bool nothing_at(int y, int x) const { return depth_[y * width_ + x] >= 1.0f; }

  int brightness(int y, int x) const {
    const std::uint8_t* pixel = &pixels_[std::size_t{3} * (y * width_ + x)];
    return pixel[0] + pixel[1] + pixel[2];
  }

  // How much of the pixel was drawn upon. At an edge it has some of what was drawn and some of the
  // black that is behind it: it is as much darker than the brightest of what was drawn beside it.
  double Share(int y, int x) const {
    const bool nothing = nothing_at(y, x);
    bool edge = false;
    int brightest = 0;
    for (int v = std::max(y - 1, 0); v <= std::min(y + 1, height_ - 1); ++v) {
      for (int u = std::max(x - 1, 0); u <= std::min(x + 1, width_ - 1); ++u) {
        edge |= nothing_at(v, u) != nothing;
        if (!nothing_at(v, u)) brightest = std::max(brightest, brightness(v, u));
      }
    }
    if (!edge || brightest == 0) return nothing ? 0.0 : 1.0;
    return std::min(1.0, static_cast<double>(brightness(y, x)) / brightest);
  }

 private:
  int height_, width_;
  const float* depth_;
  std::vector<std::uint8_t> pixels_;
};

}  // namespace

void PaintBackdrop(const FrameDisturbance& disturbance, int height, int width, const float* depth,
                   std::uint8_t* pixels) {
  const bool noise = disturbance.kinds.noise != Strength::kNone;
  const std::vector<std::uint8_t> behind =
      noise ? NoiseOf(disturbance, height, width) : PictureOf(disturbance, height, width);
  const Drawn drawn(height, width, depth, pixels);
  std::size_t i = 0;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x, i += 3) {
      const double share = drawn.Share(y, x);
      if (share == 1.0) continue;
      for (std::size_t c = i; c < i + 3; ++c) {
        pixels[c] = static_cast<std::uint8_t>(
            std::min(255.0, pixels[c] + std::round((1.0 - share) * behind[c])));
      }
    }
  }
}

}  // namespace curl_rl::envs
