// H.264 in MP4, by FFmpeg's libraries. Nothing else in the program knows them: another encoder
// takes this class's place in one file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace curl_rl::video {

/// Frames are at most so high and wide, in pixels: browsers and H.264's levels allow no more.
constexpr int kMaxVideoSide = 8192;

/// FFmpeg's names of the encoders that are tried, in order.
std::vector<std::string> H264Encoders();

/// Throws std::runtime_error that says how to get one unless an encoder of `names` is there.
void CheckEncoder(const std::vector<std::string>& names = H264Encoders());

/// One MP4 file that browsers play while they load it: H.264 with 4:2:0 chroma, BT.709 colours, the
/// index at the front. Its last row or column is doubled where a size is odd, which 4:2:0 cannot
/// have. The file appears, whole, at Finish; without it nothing is left.
class VideoEncoder {
 public:
  /// Frames of `height` x `width` pixels, each shown for `seconds_per_frame`. Throws
  /// std::invalid_argument for sizes or durations that cannot be, std::runtime_error that says what
  /// is missing or cannot be written.
  VideoEncoder(const std::string& path, int height, int width, double seconds_per_frame,
               const std::vector<std::string>& names = H264Encoders());
  ~VideoEncoder();
  VideoEncoder(const VideoEncoder&) = delete;
  VideoEncoder& operator=(const VideoEncoder&) = delete;

  /// The next frame: uint8 RGB [height, width, 3], row 0 at the top. Throws std::runtime_error.
  void Add(const std::uint8_t* pixels);

  /// Completes the file, which must have frames. Throws std::runtime_error, and then leaves none.
  void Finish();

 private:
  struct Libav;
  std::unique_ptr<Libav> libav_;
};

}  // namespace curl_rl::video
