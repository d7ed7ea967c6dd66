// Stands in for video_decoder.cpp in a build without FFmpeg's libraries: says so.
#include <stdexcept>

#include "experiments/video/video_decoder.h"

namespace curl_rl::video {

void DecodeFrames(const std::string& path, const std::function<bool(const Image&)>&) {
  throw std::runtime_error(
      path +
      ": this build reads no pictures and videos: FFmpeg's libraries were not found when it was "
      "configured (apt-get install libavcodec-dev libavformat-dev libswscale-dev)");
}

}  // namespace curl_rl::video
