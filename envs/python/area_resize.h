// Makes a picture smaller or larger by areas.
#pragma once

#include <cstdint>

namespace curl_rl::envs {

struct PictureSize {
  int height = 0;
  int width = 0;
  int channels = 0;
};

/// Each pixel of `to` is the mean of what it covers of `from`, parts of pixels by their area,
/// rounded to the nearest: uint8 [height, width, channels] each, the same channels. A picture
/// of the same size is copied.
void ResizeByArea(const std::uint8_t* from, const PictureSize& from_size, std::uint8_t* to,
                  const PictureSize& to_size);

}  // namespace curl_rl::envs
