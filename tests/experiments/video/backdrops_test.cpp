// The files behind a disturbed task: pictures, videos, folders of frames, and what is none.
#include "experiments/video/backdrops.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>

#include "experiments/config/backdrop_files.h"
#include "experiments/files/png.h"
#include "experiments/video/image.h"
#include "experiments/video/video_encoder.h"
#include "tests/experiments/error_message.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::video {
namespace {

using experiments::Message;
using experiments::TemporaryDirectory;
using testing::AllOf;
using testing::HasSubstr;

Image Plain(int height, int width, std::uint8_t grey) {
  Image image(height, width);
  std::fill(image.pixels.begin(), image.pixels.end(), grey);
  return image;
}

void WritePicture(const TemporaryDirectory& directory, const std::string& name, std::uint8_t grey) {
  const auto path = std::filesystem::path(directory.File(name));
  std::filesystem::create_directories(path.parent_path());
  experiments::WritePng(path.string(), Plain(6, 9, grey).pixels.data(), 6, 9, 3);
}

void WriteFilm(const TemporaryDirectory& directory, const std::string& name, int frames, int step) {
  const auto path = std::filesystem::path(directory.File(name));
  std::filesystem::create_directories(path.parent_path());
  VideoEncoder encoder(path.string(), 32, 48, 0.04);
  for (int i = 0; i < frames; ++i) {
    encoder.Add(Plain(32, 48, static_cast<std::uint8_t>(20 + step * i)).pixels.data());
  }
  encoder.Finish();
}

std::shared_ptr<const envs::Backdrop> Load(const std::string& text, int side = 4) {
  return LoadBackdrop(envs::ParseDisturbances(text), side);
}

TEST(LoadBackdropTest, NeedsNoneWithoutFiles) {
  EXPECT_EQ(Load("none"), nullptr);
  EXPECT_EQ(Load("colors=hard,noise=easy"), nullptr);
}

TEST(LoadBackdropTest, TakesAsManyPicturesAsTheStrengthByName) {
  const TemporaryDirectory directory;
  for (int i = 9; i >= 0; --i) {
    WritePicture(directory, "p/" + std::to_string(i) + ".png", static_cast<std::uint8_t>(10 * i));
  }
  directory.Write("p/.hidden", "no picture");
  const std::string from = ":" + directory.File("p");
  EXPECT_EQ(Load("pictures=easy" + from)->clips.size(), 4u);
  EXPECT_EQ(Load("pictures=medium" + from)->clips.size(), 8u);
  const auto all = Load("pictures=hard" + from);
  ASSERT_EQ(all->clips.size(), 10u);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(all->clips[i], std::vector<std::uint8_t>(48, static_cast<std::uint8_t>(10 * i)));
  }
}

TEST(LoadBackdropTest, ReadsAVideoAFolderOfThemAndFoldersOfFrames) {
  const TemporaryDirectory directory;
  WriteFilm(directory, "v/a.mp4", 5, 40);
  const auto one = Load("video=easy:" + directory.File("v/a.mp4"));
  ASSERT_EQ(one->clips.size(), 1u);
  ASSERT_EQ(one->clips[0].size(), 5u * 48u);
  for (int frame = 0; frame < 5; ++frame) {
    EXPECT_NEAR(one->clips[0][48 * frame + 20], 20 + 40 * frame, 3) << "losses of H.264";
  }
  WritePicture(directory, "v/b/1.png", 1);
  WritePicture(directory, "v/b/2.png", 2);
  const auto several = Load("video=hard:" + directory.File("v"));
  ASSERT_EQ(several->clips.size(), 2u);
  EXPECT_EQ(several->clips[0], one->clips[0]);
  EXPECT_EQ(several->clips[1][0], 1);
  EXPECT_EQ(several->clips[1][48], 2);
}

TEST(LoadBackdropTest, UsesTheFirstThousandFrames) {
  const TemporaryDirectory directory;
  WriteFilm(directory, "long.mp4", experiments::kMostFrames + 20, 0);
  EXPECT_EQ(Load("video=easy:" + directory.File("long.mp4"), 2)->clips[0].size(),
            experiments::kMostFrames * 12u);
}

TEST(LoadBackdropTest, IsReadOnceWhileSomebodyHasIt) {
  const TemporaryDirectory directory;
  WritePicture(directory, "p/a.png", 1);
  const std::string text = "pictures=hard:" + directory.File("p");
  const auto first = Load(text);
  EXPECT_EQ(Load(text), first);
  EXPECT_NE(Load(text, 5), first);  // another size
}

TEST(LoadBackdropTest, TellsWhatIsNoPicture) {
  const TemporaryDirectory directory;
  const auto error = [&](const std::string& text) { return Message([&] { Load(text); }); };
  EXPECT_THAT(error("video=easy:" + directory.File("none.mp4")),
              AllOf(HasSubstr("none.mp4"), HasSubstr("no such file or folder")));
  std::filesystem::create_directory(directory.File("empty"));
  EXPECT_THAT(error("pictures=easy:" + directory.File("empty")), HasSubstr("the folder is empty"));
  directory.Write("p/text.png", "words");
  EXPECT_THAT(error("pictures=easy:" + directory.File("p")),
              AllOf(HasSubstr("text.png"), HasSubstr("no video or picture")));
  EXPECT_THAT(error("pictures=easy:" + directory.File("p/text.png")),
              HasSubstr("pictures must be in a folder"));
  // A playlist that names a file of the network, or any other, is not followed.
  directory.Write("list.m3u8", "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n");
  EXPECT_THAT(error("video=easy:" + directory.File("list.m3u8")), HasSubstr("list.m3u8"));
}

TEST(SetDisturbancesTest, GivesAnEnvironmentWhatItNeeds) {
  const TemporaryDirectory directory;
  WritePicture(directory, "p/a.png", 1);
  envs::EnvironmentOptions options;
  options.image_size = 20;
  SetDisturbances(envs::ParseDisturbances("pictures=hard:" + directory.File("p")), &options);
  EXPECT_EQ(options.disturbances.pictures, envs::Strength::kHard);
  ASSERT_NE(options.backdrop, nullptr);
  EXPECT_EQ(options.backdrop->side, 20);
}

}  // namespace
}  // namespace curl_rl::video
