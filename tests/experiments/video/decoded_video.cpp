// Decodes a video back to frames by FFmpeg.
#include "tests/experiments/video/decoded_video.h"

#include <memory>
#include <stdexcept>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

namespace curl_rl::video {
namespace {

void Require(bool condition, const char* what) {
  if (!condition) throw std::runtime_error(std::string("decoding: ") + what);
}

Image Convert(const AVFrame& frame) {
  Image image(frame.height, frame.width);
  SwsContext* scaler = sws_getContext(
      frame.width, frame.height, static_cast<AVPixelFormat>(frame.format), frame.width,
      frame.height, AV_PIX_FMT_RGB24, SWS_BICUBIC | SWS_ACCURATE_RND, nullptr, nullptr, nullptr);
  Require(scaler != nullptr, "no conversion");
  // What a player does that believes the file.
  sws_setColorspaceDetails(scaler, sws_getCoefficients(frame.colorspace), 0,
                           sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16, 1 << 16);
  std::uint8_t* to = image.pixels.data();
  const int stride = 3 * frame.width;
  sws_scale(scaler, frame.data, frame.linesize, 0, frame.height, &to, &stride);
  sws_freeContext(scaler);
  return image;
}

}  // namespace

DecodedVideo Decode(const std::string& path) {
  AVFormatContext* opened = nullptr;
  Require(avformat_open_input(&opened, path.c_str(), nullptr, nullptr) >= 0, "no video file");
  const std::unique_ptr<AVFormatContext, void (*)(AVFormatContext*)> format(
      opened, [](AVFormatContext* f) { avformat_close_input(&f); });
  Require(avformat_find_stream_info(opened, nullptr) >= 0 && opened->nb_streams == 1, "no stream");
  const AVStream& stream = *opened->streams[0];
  const AVCodec* codec = avcodec_find_decoder(stream.codecpar->codec_id);
  Require(codec != nullptr, "no decoder");
  const std::unique_ptr<AVCodecContext, void (*)(AVCodecContext*)> context(
      avcodec_alloc_context3(codec), [](AVCodecContext* c) { avcodec_free_context(&c); });
  avcodec_parameters_to_context(context.get(), stream.codecpar);
  Require(avcodec_open2(context.get(), codec, nullptr) >= 0, "cannot open");

  DecodedVideo video;
  video.codec = codec->name;
  video.pixel_format = av_get_pix_fmt_name(context->pix_fmt);
  video.height = stream.codecpar->height;
  video.width = stream.codecpar->width;
  video.frames_per_second = av_q2d(stream.avg_frame_rate);
  video.seconds = static_cast<double>(opened->duration) / AV_TIME_BASE;
  const std::unique_ptr<AVPacket, void (*)(AVPacket*)> packet(
      av_packet_alloc(), [](AVPacket* p) { av_packet_free(&p); });
  const std::unique_ptr<AVFrame, void (*)(AVFrame*)> frame(av_frame_alloc(),
                                                           [](AVFrame* f) { av_frame_free(&f); });
  for (bool more = true; more;) {
    more = av_read_frame(opened, packet.get()) >= 0;
    Require(avcodec_send_packet(context.get(), more ? packet.get() : nullptr) >= 0, "bad packet");
    av_packet_unref(packet.get());
    while (avcodec_receive_frame(context.get(), frame.get()) >= 0) {
      video.frames.push_back(Convert(*frame));
    }
  }
  return video;
}

}  // namespace curl_rl::video
