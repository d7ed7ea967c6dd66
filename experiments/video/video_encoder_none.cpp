// Stands in for video_encoder.cpp in a build without FFmpeg's libraries: says so.
#include <stdexcept>

#include "experiments/video/video_encoder.h"

namespace curl_rl::video {

struct VideoEncoder::Libav {};

std::vector<std::string> H264Encoders() { return {}; }

void CheckEncoder(const std::vector<std::string>&) {
  throw std::runtime_error(
      "this build writes no videos: FFmpeg's libraries were not found when it was configured "
      "(apt-get install libavcodec-dev libavformat-dev libswscale-dev)");
}

VideoEncoder::VideoEncoder(const std::string&, int, int, double,
                           const std::vector<std::string>& names) {
  CheckEncoder(names);
}
VideoEncoder::~VideoEncoder() = default;
void VideoEncoder::Add(const std::uint8_t*) {}
void VideoEncoder::Finish() {}

}  // namespace curl_rl::video
