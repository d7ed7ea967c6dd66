// The video encoder: frames, sizes, rates, and what cannot be.
#include "experiments/video/video_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include "tests/experiments/temporary_directory.h"
#include "tests/experiments/video/decoded_video.h"

namespace curl_rl::video {
namespace {

using experiments::TemporaryDirectory;
using testing::HasSubstr;
using testing::IsEmpty;

// A picture of one colour with a white square whose place tells the frame's number.
Image Numbered(int height, int width, int number) {
  Image image(height, width);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const bool square = y < 16 && x / 16 == number;
      const std::uint8_t colour[] = {200, 30, 60};
      for (int c = 0; c < 3; ++c) image.at(y, x)[c] = square ? 255 : colour[c];
    }
  }
  return image;
}

std::string Write(const TemporaryDirectory& directory, int height, int width, int frames,
                  double seconds_per_frame) {
  std::string path = directory.File("video.mp4");
  VideoEncoder encoder(path, height, width, seconds_per_frame);
  for (int i = 0; i < frames; ++i) encoder.Add(Numbered(height, width, i).pixels.data());
  encoder.Finish();
  return path;
}

void ExpectNear(const std::uint8_t* pixel, int red, int green, int blue) {
  constexpr int kLoss = 8;  // of 8-bit 4:2:0 and the encoder's quality
  EXPECT_NEAR(pixel[0], red, kLoss);
  EXPECT_NEAR(pixel[1], green, kLoss);
  EXPECT_NEAR(pixel[2], blue, kLoss);
}

TEST(VideoEncoder, EveryFrameComesBackInOrderWithItsColours) {
  const TemporaryDirectory directory;
  const auto video = Decode(Write(directory, 64, 160, 10, 0.025));
  EXPECT_EQ(video.codec, "h264");
  EXPECT_EQ(video.pixel_format, "yuv420p");
  EXPECT_EQ(video.height, 64);
  EXPECT_EQ(video.width, 160);
  EXPECT_DOUBLE_EQ(video.frames_per_second, 40.0);
  EXPECT_NEAR(video.seconds, 0.25, 1e-3);
  ASSERT_EQ(video.frames.size(), 10u);
  for (int i = 0; i < 10; ++i) {
    ExpectNear(video.frames[i].at(6, 16 * i + 7), 255, 255, 255);
    ExpectNear(video.frames[i].at(40, 48), 200, 30, 60);
  }
  EXPECT_THAT(directory.Entries(), testing::ElementsAre("video.mp4"));
}

TEST(VideoEncoder, OddSizesGetOneMoreRowOrColumn) {
  for (const auto& [height, width] : {std::pair{33, 47}, std::pair{33, 48}, std::pair{1, 1}}) {
    const TemporaryDirectory directory;
    const auto video = Decode(Write(directory, height, width, 3, 0.1));
    EXPECT_EQ(video.height, height + height % 2);
    EXPECT_EQ(video.width, width + width % 2);
    ASSERT_EQ(video.frames.size(), 3u) << width << "x" << height;
    if (height > 16) {
      ExpectNear(video.frames[0].at(video.height - 1, video.width - 1), 200, 30, 60);
    }
  }
}

TEST(VideoEncoder, RatesAreExact) {
  for (const double seconds : {0.01, 0.02, 0.1, 1.0 / 30.0, 2.0}) {
    const TemporaryDirectory directory;
    const auto video = Decode(Write(directory, 32, 32, 4, seconds));
    EXPECT_NEAR(video.frames_per_second * seconds, 1.0, 1e-6);
    EXPECT_NEAR(video.seconds, 4 * seconds, 1e-3);
  }
}

TEST(VideoEncoder, TheIndexIsAtTheFront) {
  const TemporaryDirectory directory;
  Write(directory, 64, 64, 5, 0.02);
  const std::string bytes = directory.Read("video.mp4");
  ASSERT_NE(bytes.find("moov"), std::string::npos);
  EXPECT_LT(bytes.find("moov"), bytes.find("mdat"));
  EXPECT_NE(bytes.find("avc1"), std::string::npos);
}

TEST(VideoEncoder, NothingIsLeftOfAVideoThatWasNotFinished) {
  const TemporaryDirectory directory;
  directory.Write("video.mp4", "an older one");
  {
    VideoEncoder encoder(directory.File("video.mp4"), 32, 32, 0.1);
    encoder.Add(Numbered(32, 32, 0).pixels.data());
  }
  {
    VideoEncoder encoder(directory.File("video.mp4"), 32, 32, 0.1);
    EXPECT_THROW(encoder.Finish(), std::runtime_error);  // no frames
  }
  EXPECT_EQ(directory.Read("video.mp4"), "an older one");
  EXPECT_THAT(directory.Entries(), testing::ElementsAre("video.mp4"));
}

TEST(VideoEncoder, SaysWhatCannotBe) {
  const TemporaryDirectory directory;
  const auto error = [&](const std::string& name, int height, double seconds) -> std::string {
    try {
      VideoEncoder(directory.File(name), height, 32, seconds);
    } catch (const std::exception& caught) {
      return caught.what();
    }
    return "none";
  };
  EXPECT_THAT(error("v.mp4", 0, 0.1), HasSubstr("got 32x0"));
  EXPECT_THAT(error("v.mp4", 9000, 0.1), HasSubstr("1 to 8192"));
  EXPECT_THAT(error("v.mp4", 32, 0.0), HasSubstr("0.0001 to 10000 s"));
  EXPECT_THAT(error("no/v.mp4", 32, 0.1), HasSubstr("cannot create: No such file"));
  EXPECT_THAT(error(".", 32, 0.1), HasSubstr("regular file"));
  EXPECT_THAT(directory.Entries(), IsEmpty());
}

TEST(VideoEncoder, WithoutAnEncoderSaysHowToGetOne) {
  const TemporaryDirectory directory;
  try {
    const VideoEncoder encoder(directory.File("v.mp4"), 32, 32, 0.1,
                               {"no_such_encoder", "nor_this"});
    FAIL() << "an encoder that is not there was found";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("none of no_such_encoder, nor_this"));
    EXPECT_THAT(error.what(), HasSubstr("apt-get install"));
  }
  EXPECT_THAT(directory.Entries(), IsEmpty());
  EXPECT_NO_THROW(CheckEncoder());
}

// In a process of its own: the limit stays.
TEST(VideoEncoderDeathTest, AFullDiskIsAnErrorAndLeavesNothing) {
  const TemporaryDirectory directory;
  const auto fill = [&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{20000, 20000};
    setrlimit(RLIMIT_FSIZE, &limit);
    try {
      VideoEncoder encoder(directory.File("v.mp4"), 256, 256, 0.1);
      Image noise(256, 256);
      for (int i = 0; i < 60; ++i) {
        for (auto& value : noise.pixels) value = static_cast<std::uint8_t>(std::rand());
        encoder.Add(noise.pixels.data());
      }
      encoder.Finish();
    } catch (const std::runtime_error& error) {
      std::fprintf(stderr, "%s\n", error.what());
      std::exit(3);  // NOLINT(concurrency-mt-unsafe): the one thread of a child
    }
    std::exit(0);  // NOLINT(concurrency-mt-unsafe)
  };
  EXPECT_EXIT(fill(), testing::ExitedWithCode(3), "cannot write");
  EXPECT_THAT(directory.Entries(), IsEmpty());
}

}  // namespace
}  // namespace curl_rl::video
