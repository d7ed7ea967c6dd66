// Opens a file, decodes its first video stream, and converts every frame to RGB.
#include "experiments/video/video_decoder.h"

#include <memory>
#include <stdexcept>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libswscale/swscale.h>
}

#include "experiments/video/libav_owners.h"

namespace curl_rl::video {
namespace {

struct FormatDeleter {
  void operator()(AVFormatContext* format) const { avformat_close_input(&format); }
};
struct ContextDeleter {
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
};

// One file being read.
class Decoder {
 public:
  explicit Decoder(const std::string& path) : path_(path) {
    av_log_set_level(AV_LOG_QUIET);  // errors are thrown
    AVDictionary* options = nullptr;
    av_dict_set(&options, "protocol_whitelist", "file", 0);  // a playlist may name anything
    AVFormatContext* opened = nullptr;
    const std::string url = "file:" + path;  // or a colon would name a protocol
    const int code = avformat_open_input(&opened, url.c_str(), nullptr, &options);
    av_dict_free(&options);
    Check(code, "no video or picture");
    format_.reset(opened);
    Check(avformat_find_stream_info(opened, nullptr), "no video or picture");
    const AVCodec* codec = nullptr;
    stream_ = av_find_best_stream(opened, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
    Check(stream_, "no video or picture");
    context_.reset(avcodec_alloc_context3(codec));
    if (context_ == nullptr) throw std::runtime_error(path_ + ": out of memory");
    Check(avcodec_parameters_to_context(context_.get(), opened->streams[stream_]->codecpar),
          "cannot decode");
    context_->thread_count = 1;  // the learner may need the other cores
    Check(avcodec_open2(context_.get(), codec, nullptr), "cannot decode");
    packet_.reset(av_packet_alloc());
    frame_.reset(av_frame_alloc());
    if (packet_ == nullptr || frame_ == nullptr) {
      throw std::runtime_error(path_ + ": out of memory");
    }
  }

  void Read(const std::function<bool(const Image&)>& take) {
    for (bool more = true; more;) {
      more = av_read_frame(format_.get(), packet_.get()) >= 0;
      if (more && packet_->stream_index != stream_) {
        av_packet_unref(packet_.get());
        continue;
      }
      const int sent = avcodec_send_packet(context_.get(), more ? packet_.get() : nullptr);
      av_packet_unref(packet_.get());
      if (sent < 0 && !any_) Check(sent, "no video or picture that can be decoded");
      while (avcodec_receive_frame(context_.get(), frame_.get()) >= 0) {
        any_ = true;
        if (!take(Convert())) return;
      }
    }
    if (!any_) throw std::runtime_error(path_ + ": a video or a picture without a frame");
  }

 private:
  void Check(int code, const char* what) const {
    if (code >= 0) return;
    char reason[AV_ERROR_MAX_STRING_SIZE] = "";
    av_strerror(code, reason, sizeof reason);
    throw std::runtime_error(path_ + ": " + what + ": " + reason);
  }

  Image Convert() {
    const AVFrame& frame = *frame_;
    scaler_.reset(sws_getCachedContext(scaler_.release(), frame.width, frame.height,
                                       static_cast<AVPixelFormat>(frame.format), frame.width,
                                       frame.height, AV_PIX_FMT_RGB24,
                                       SWS_BICUBIC | SWS_ACCURATE_RND, nullptr, nullptr, nullptr));
    if (scaler_ == nullptr) throw std::runtime_error(path_ + ": no conversion to RGB");
    constexpr int kOne = 1 << 16;  // unchanged contrast and saturation
    const bool full = frame.color_range == AVCOL_RANGE_JPEG;
    sws_setColorspaceDetails(scaler_.get(), sws_getCoefficients(frame.colorspace), full ? 1 : 0,
                             sws_getCoefficients(SWS_CS_DEFAULT), /*full range=*/1,
                             /*brightness=*/0, kOne, kOne);
    // FFmpeg's loops write whole vectors, beyond the end of a row.
    constexpr int kSlack = 64;
    const int stride = 3 * frame.width + kSlack;
    rows_.resize(static_cast<std::size_t>(stride) * static_cast<std::size_t>(frame.height));
    std::uint8_t* to = rows_.data();
    sws_scale(scaler_.get(), frame.data, frame.linesize, 0, frame.height, &to, &stride);
    Image image(frame.height, frame.width);
    for (int y = 0; y < frame.height; ++y) {
      const std::uint8_t* row = rows_.data() + std::size_t{1} * y * stride;
      std::copy(row, row + std::size_t{3} * frame.width, image.at(y, 0));
    }
    return image;
  }

  std::string path_;
  std::unique_ptr<AVFormatContext, FormatDeleter> format_;
  std::unique_ptr<AVCodecContext, ContextDeleter> context_;
  std::unique_ptr<AVPacket, PacketDeleter> packet_;
  std::unique_ptr<AVFrame, FrameDeleter> frame_;
  std::unique_ptr<SwsContext, ScalerDeleter> scaler_;
  std::vector<std::uint8_t> rows_;
  int stream_ = 0;
  bool any_ = false;  // a frame has come
};

}  // namespace

void DecodeFrames(const std::string& path, const std::function<bool(const Image&)>& take) {
  Decoder(path).Read(take);
}

}  // namespace curl_rl::video
