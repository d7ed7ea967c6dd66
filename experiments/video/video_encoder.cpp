// Opens the encoder, converts RGB to its colours, and muxes packets into the file.
#include "experiments/video/video_encoder.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "experiments/files/atomic_file.h"
#include "experiments/video/libav_owners.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

namespace curl_rl::video {
namespace {

constexpr char kConstantQuality[] = "18";  // x264's crf: losses cannot be seen
constexpr double kBitsPerPixel = 0.25;     // of encoders without such a setting

struct ContextDeleter {
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
};
struct FormatDeleter {
  void operator()(AVFormatContext* format) const {
    avio_closep(&format->pb);
    avformat_free_context(format);
  }
};

template <typename T>
T* NotNull(T* pointer) {
  if (pointer == nullptr) throw std::runtime_error("out of memory for a video");
  return pointer;
}

const AVCodec* FindEncoder(const std::vector<std::string>& names) {
  std::string tried;
  for (const std::string& name : names) {
    if (const AVCodec* codec = avcodec_find_encoder_by_name(name.c_str())) return codec;
    tried += (tried.empty() ? "" : ", ") + name;
  }
  throw std::runtime_error("no H.264 encoder: FFmpeg's libavcodec has none of " + tried +
                           " (Debian's has libx264: apt-get install libavcodec59)");
}

int Even(int size) { return size + size % 2; }

}  // namespace

// What FFmpeg needs for one file.
struct VideoEncoder::Libav {
  Libav(const std::string& name, int rows, int columns)
      : path(name), file(name), height(rows), width(columns) {}

  // `code` as an error of this file.
  void Check(int code, const char* what) const {
    if (code >= 0) return;
    char reason[AV_ERROR_MAX_STRING_SIZE] = "";
    av_strerror(code, reason, sizeof reason);
    throw std::runtime_error(path + ": " + what + ": " + reason);
  }

  void Open(const AVCodec* codec, double seconds_per_frame);
  void Convert(const std::uint8_t* pixels);
  void Encode(const AVFrame* input);

  std::string path;
  experiments::PendingFile file;
  int height;  // of the frames given; those of the video are even
  int width;
  std::vector<std::uint8_t> even;  // one frame with a row or column more; empty: not needed
  std::unique_ptr<AVFormatContext, FormatDeleter> format;
  std::unique_ptr<AVCodecContext, ContextDeleter> context;
  std::unique_ptr<AVFrame, FrameDeleter> frame;
  std::unique_ptr<AVPacket, PacketDeleter> packet;
  std::unique_ptr<SwsContext, ScalerDeleter> scaler;
  AVStream* stream = nullptr;  // of format
  std::int64_t frames = 0;
};

void VideoEncoder::Libav::Open(const AVCodec* codec, double seconds_per_frame) {
  // 1. The encoder.
  context.reset(NotNull(avcodec_alloc_context3(codec)));
  context->height = Even(height);
  context->width = Even(width);
  context->time_base = av_d2q(seconds_per_frame, 1000000);
  context->framerate = av_inv_q(context->time_base);
  context->pix_fmt = AV_PIX_FMT_YUV420P;
  context->colorspace = AVCOL_SPC_BT709;
  context->color_primaries = AVCOL_PRI_BT709;
  context->color_trc = AVCOL_TRC_BT709;
  context->color_range = AVCOL_RANGE_MPEG;
  context->gop_size = std::max(1, static_cast<int>(std::lround(1.0 / seconds_per_frame)));
  context->thread_count = 1;  // the learner may need the other cores
  context->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  if (std::string(codec->name) == "libx264") {
    av_opt_set(context->priv_data, "preset", "veryfast", 0);
    av_opt_set(context->priv_data, "crf", kConstantQuality, 0);
  } else {
    context->bit_rate = std::lround(kBitsPerPixel * height * width / seconds_per_frame);
  }
  Check(avcodec_open2(context.get(), codec, nullptr),
        "the encoder does not take this size or rate");

  // 2. The file.
  AVFormatContext* opened = nullptr;
  Check(avformat_alloc_output_context2(&opened, nullptr, "mp4", nullptr), "no MP4 format");
  format.reset(opened);
  const std::string url = "file:" + file.write_path();  // or a colon would name a protocol
  format->url = NotNull(av_strdup(url.c_str()));
  stream = NotNull(avformat_new_stream(format.get(), nullptr));
  stream->time_base = context->time_base;
  stream->avg_frame_rate = context->framerate;
  Check(avcodec_parameters_from_context(stream->codecpar, context.get()), "no parameters");
  file.Create();
  Check(avio_open(&format->pb, url.c_str(), AVIO_FLAG_WRITE), "cannot create");
  AVDictionary* options = nullptr;
  av_dict_set(&options, "movflags", "+faststart", 0);
  const int written = avformat_write_header(format.get(), &options);
  av_dict_free(&options);
  Check(written, "cannot write");

  // 3. What a frame goes through.
  packet.reset(NotNull(av_packet_alloc()));
  frame.reset(NotNull(av_frame_alloc()));
  frame->format = context->pix_fmt;
  frame->height = context->height;
  frame->width = context->width;
  Check(av_frame_get_buffer(frame.get(), 0), "no memory for a frame");
  scaler.reset(NotNull(sws_getContext(context->width, context->height, AV_PIX_FMT_RGB24,
                                      context->width, context->height, context->pix_fmt,
                                      SWS_BICUBIC | SWS_ACCURATE_RND, nullptr, nullptr, nullptr)));
  const int* bt709 = sws_getCoefficients(SWS_CS_ITU709);
  constexpr int kOne = 1 << 16;  // unchanged contrast and saturation
  Check(sws_setColorspaceDetails(scaler.get(), bt709, /*source full range=*/1, bt709,
                                 /*full range=*/0, /*brightness=*/0, kOne, kOne),
        "no conversion to BT.709");
  if (width % 2 != 0 || height % 2 != 0) even.resize(std::size_t{3} * frame->height * frame->width);
}

void VideoEncoder::Libav::Convert(const std::uint8_t* pixels) {
  const std::size_t row = std::size_t{3} * frame->width;
  if (!even.empty()) {
    for (int y = 0; y < frame->height; ++y) {
      const std::uint8_t* from = pixels + std::size_t{3} * width * std::min(y, height - 1);
      std::uint8_t* to = even.data() + row * y;
      std::copy(from, from + std::size_t{3} * width, to);
      std::copy(from + std::size_t{3} * (width - 1), from + std::size_t{3} * width, to + row - 3);
    }
    pixels = even.data();
  }
  Check(av_frame_make_writable(frame.get()), "no memory for a frame");
  const int stride = static_cast<int>(row);
  sws_scale(scaler.get(), &pixels, &stride, 0, frame->height, frame->data, frame->linesize);
}

// `input` null: no more frames come.
void VideoEncoder::Libav::Encode(const AVFrame* input) {
  Check(avcodec_send_frame(context.get(), input), "cannot encode");
  for (;;) {
    const int got = avcodec_receive_packet(context.get(), packet.get());
    if (got == AVERROR(EAGAIN) || got == AVERROR_EOF) return;
    Check(got, "cannot encode");
    packet->duration = 1;
    av_packet_rescale_ts(packet.get(), context->time_base, stream->time_base);
    packet->stream_index = stream->index;
    Check(av_interleaved_write_frame(format.get(), packet.get()), "cannot write");
    Check(format->pb->error, "cannot write");
  }
}

std::vector<std::string> H264Encoders() { return {"libx264", "libopenh264"}; }

void CheckEncoder(const std::vector<std::string>& names) { FindEncoder(names); }

VideoEncoder::VideoEncoder(const std::string& path, int height, int width, double seconds_per_frame,
                           const std::vector<std::string>& names) {
  for (const int side : {height, width}) {
    if (side >= 1 && side <= kMaxVideoSide) continue;
    throw std::invalid_argument("a video's frames must be 1 to " + std::to_string(kMaxVideoSide) +
                                " pixels high and wide, got " + std::to_string(width) + "x" +
                                std::to_string(height));
  }
  if (!(seconds_per_frame >= 1e-4 && seconds_per_frame <= 1e4)) {
    throw std::invalid_argument("a video's frames must last 0.0001 to 10000 s each, got " +
                                std::to_string(seconds_per_frame));
  }
  namespace fs = std::filesystem;
  if (fs::exists(path) && !fs::is_regular_file(path)) {
    throw std::runtime_error(path + ": a video can be written to a regular file only");
  }
  av_log_set_level(AV_LOG_QUIET);  // errors are thrown
  const AVCodec* codec = FindEncoder(names);
  libav_ = std::make_unique<Libav>(path, height, width);
  libav_->Open(codec, seconds_per_frame);
}

VideoEncoder::~VideoEncoder() = default;

void VideoEncoder::Add(const std::uint8_t* pixels) {
  if (libav_ == nullptr) throw std::logic_error("a frame for a video that is finished");
  libav_->Convert(pixels);
  libav_->frame->pts = libav_->frames++;
  libav_->Encode(libav_->frame.get());
}

void VideoEncoder::Finish() {
  if (libav_ == nullptr) throw std::logic_error("a video is finished once");
  const std::unique_ptr<Libav> libav = std::move(libav_);
  if (libav->frames == 0) throw std::runtime_error(libav->path + ": a video without frames");
  libav->Encode(nullptr);
  libav->Check(av_write_trailer(libav->format.get()), "cannot write");
  libav->Check(avio_closep(&libav->format->pb), "cannot write");
  libav->file.Commit();
}

}  // namespace curl_rl::video
