// A video file read back.
#pragma once

#include <string>
#include <vector>

#include "experiments/video/image.h"

namespace curl_rl::video {

struct DecodedVideo {
  std::string codec;
  std::string pixel_format;
  int height = 0;
  int width = 0;
  double frames_per_second = 0.0;
  double seconds = 0.0;
  std::vector<Image> frames;
};

/// Every frame of the video at `path`, as RGB. Throws std::runtime_error.
DecodedVideo Decode(const std::string& path);

}  // namespace curl_rl::video
