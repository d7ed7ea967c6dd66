// Films and stills of recorded episodes.
#include "experiments/video/film.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>

#include "experiments/video/stage.h"
#include "tests/experiments/program_outcome.h"
#include "tests/experiments/temporary_directory.h"
#include "tests/experiments/video/decoded_video.h"

namespace curl_rl::video {
namespace {

using experiments::RunProgram;
using experiments::TemporaryDirectory;
using testing::HasSubstr;

// Random actions; decisions of `action_repeat` control steps.
Recordings Play(const std::string& task, int episodes, std::int64_t action_repeat) {
  Recordings recordings;
  recordings.task = task;
  recordings.environment.seed = 5;
  recordings.action_repeat = action_repeat;
  auto options = recordings.environment;
  options.pixels = false;
  const auto environment = envs::Make(task, options);
  std::mt19937 random(1);
  for (int episode = 0; episode < episodes; ++episode) {
    Recording recording;
    environment->Reset();
    for (bool last = false; !last;) {
      std::vector<double> action(environment->action_spec().size);
      for (double& value : action) value = random() * 0x1.0p-31 - 1.0;
      recording.actions.push_back(action);
      for (std::int64_t i = 0; i < action_repeat && !last; ++i) {
        const auto result = environment->Step(action);
        recording.episode_return += result.reward;
        last = result.last();
      }
    }
    recordings.episodes.push_back(recording);
  }
  return recordings;
}

// Root of the mean square of the differences in grey levels: losses of the encoder are small
// everywhere, another moment is far off where something moved.
double Difference(const Image& a, const Image& b) {
  EXPECT_EQ(a.pixels.size(), b.pixels.size());
  double sum = 0.0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    const double difference = static_cast<double>(a.pixels[i]) - b.pixels[i];
    sum += difference * difference;
  }
  return std::sqrt(sum / static_cast<double>(a.pixels.size()));
}

// The first frame of an episode; actions do not change where the next one starts.
Image StartOf(const Recordings& recordings, int episode, int height, int width) {
  Stage stage(recordings.task, recordings.environment, height, width);
  stage.environment().Reset();
  for (int i = 0; i < episode; ++i) stage.environment().Reset();
  return stage.Draw();
}

Image Crop(const Image& image, int y, int x, int height, int width) {
  Image crop(height, width);
  Paste(image, -y, -x, &crop);
  return crop;
}

TEST(WriteVideo, ShowsEveryControlStepAtTheEnvironmentsRate) {
  const TemporaryDirectory directory;
  const auto recordings = Play("toy_reach", 1, 1);
  FilmOptions options;
  options.height = 96;
  options.width = 128;
  const auto info = WriteVideo(recordings, options, directory.File("v.mp4"));
  EXPECT_EQ(info.frames, 51);  // the start and 50 steps
  const auto video = Decode(directory.File("v.mp4"));
  ASSERT_EQ(video.frames.size(), 51u);
  EXPECT_DOUBLE_EQ(video.frames_per_second, 10.0);
  EXPECT_EQ(video.height, 96);
  EXPECT_EQ(video.width, 128);
  // Each frame is that of its step, not of a neighbour.
  Stage stage("toy_reach", recordings.environment, 96, 128);
  stage.environment().Reset();
  for (int step = 0; step <= 50; ++step) {
    EXPECT_LT(Difference(video.frames[step], stage.Draw()), 3.0) << step;
    if (step < 50) stage.environment().Step(recordings.episodes[0].actions[step]);
  }
  EXPECT_GT(Difference(video.frames[0], video.frames[50]), 10.0);
}

TEST(WriteVideo, PutsEpisodesSideBySideAndDimsThoseThatEnded) {
  const TemporaryDirectory directory;
  auto recordings = Play("toy_reach", 3, 4);  // the last decision of an episode is cut short
  recordings.episodes[0].actions.resize(5);   // 20 steps, then no action is known
  FilmOptions options;
  options.height = options.width = 64;
  WriteVideo(recordings, options, directory.File("v.mp4"));
  const auto video = Decode(directory.File("v.mp4"));
  const Grid grid = ChooseGrid(3, 64, 64);
  ASSERT_EQ(video.frames.size(), 51u);
  ASSERT_EQ(video.height, grid.height());
  ASSERT_EQ(video.width, grid.width());
  const auto tile = [&](int frame, int i) {
    return Crop(video.frames[frame], grid.y(i), grid.x(i), 64, 64);
  };
  for (int i = 0; i < 3; ++i) {
    for (int episode = 0; episode < 3; ++episode) {
      const double difference = Difference(tile(0, i), StartOf(recordings, episode, 64, 64));
      // The encoder's losses, or another start.
      if (episode == i) {
        EXPECT_LT(difference, 4.0) << i;
      } else {
        EXPECT_GT(difference, 5.5) << i << ' ' << episode;
      }
    }
  }
  Image ended = tile(20, 0);
  Dim(&ended);
  EXPECT_LT(Difference(tile(40, 0), ended), 3.0);
}

TEST(WriteVideo, DrawsMujocoAtAnySize) {
  const TemporaryDirectory directory;
  auto recordings = Play("reacher_easy", 2, 4);
  for (auto& episode : recordings.episodes) episode.actions.resize(2);
  FilmOptions options;
  options.height = 61;
  options.width = 83;
  WriteVideo(recordings, options, directory.File("v.mp4"));
  const auto video = Decode(directory.File("v.mp4"));
  EXPECT_EQ(video.frames.size(), 9u);
  EXPECT_DOUBLE_EQ(video.frames_per_second, 50.0);
  const auto first = Crop(video.frames[0], 0, 0, 61, 83);
  const auto second = Crop(video.frames[0], 0, 83 + 4, 61, 83);
  // The lines of a chequered floor lose most by 4:2:0.
  EXPECT_LT(Difference(first, StartOf(recordings, 0, 61, 83)), 8.0);
  EXPECT_LT(Difference(second, StartOf(recordings, 1, 61, 83)), 8.0);
  // Another start, another place of the target, which is in the model.
  EXPECT_GT(Difference(first, second), 15.0);
}

TEST(WriteVideo, RefusesAnEnvironmentThatPlaysAnotherEpisode) {
  const TemporaryDirectory directory;
  auto recordings = Play("toy_reach", 1, 1);
  recordings.episodes[0].episode_return += 0.5;
  try {
    WriteVideo(recordings, {64, 64}, directory.File("v.mp4"));
    FAIL() << "another return was not noticed";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("must give the same rewards"));
  }
  EXPECT_THAT(directory.Entries(), testing::IsEmpty());
}

TEST(WriteVideo, StopsWhenAskedAndLeavesNothing) {
  const TemporaryDirectory directory;
  int frames = 0;
  const FilmOptions options{64, 64, [&] { return ++frames > 10; }};
  EXPECT_THROW(WriteVideo(Play("toy_reach", 1, 1), options, directory.File("v.mp4")),
               std::runtime_error);
  EXPECT_THAT(directory.Entries(), testing::IsEmpty());
}

TEST(WriteStills, ShowsStartAndEnd) {
  const TemporaryDirectory directory;
  const auto recordings = Play("toy_reach", 1, 4);
  const FilmOptions options{40, 40};
  const auto info = WriteStills(recordings, options, 6, directory.File("s.png"));
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  ASSERT_TRUE(png_image_begin_read_from_file(&png, directory.File("s.png").c_str()));
  png.format = PNG_FORMAT_RGB;
  Image sheet(static_cast<int>(png.height), static_cast<int>(png.width));
  ASSERT_TRUE(png_image_finish_read(&png, nullptr, sheet.pixels.data(), 0, nullptr));
  EXPECT_EQ(sheet.height, info.height);
  EXPECT_EQ(sheet.height, 2 * 40 + 4);
  EXPECT_EQ(sheet.width, 3 * 40 + 2 * 4);
  Stage stage("toy_reach", recordings.environment, 40, 40);
  stage.environment().Reset();
  EXPECT_EQ(Crop(sheet, 0, 0, 40, 40).pixels, stage.Draw().pixels);
  for (int step = 0; step < 50; ++step) {
    stage.environment().Step(recordings.episodes[0].actions[step / 4]);
  }
  EXPECT_EQ(Crop(sheet, 44, 88, 40, 40).pixels, stage.Draw().pixels);
}

TEST(RolloutVideo, FilmsWhatItPlays) {
  const TemporaryDirectory directory;
  const auto outcome =
      RunProgram(directory,
                 "rollout toy_reach --episodes 3 --output o.jsonl --video v.mp4 --stills s.png "
                 "--video-episodes 2 --video-size 50x40");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("v.mp4: 2 episodes, 51 frames of 104x40 pixels, 10 a second"));
  const auto video = Decode(directory.File("v.mp4"));
  EXPECT_EQ(video.frames.size(), 51u);
  EXPECT_EQ(video.width, 104);
  EXPECT_THAT(directory.Entries(), testing::ElementsAre("o.jsonl", "s.png", "v.mp4"));
  // Rows on stdout stay JSON lines.
  const auto rows = RunProgram(directory, "rollout toy_reach --video v.mp4");
  ASSERT_EQ(rows.status, 0) << rows.err;
  EXPECT_EQ(std::count(rows.out.begin(), rows.out.end(), '\n'), 51);
  EXPECT_THAT(rows.out, testing::Not(HasSubstr("v.mp4")));
}

TEST(RolloutVideo, RefusesWhatCannotBe) {
  const TemporaryDirectory directory;
  const auto refused = [&](const std::string& options, const std::string& message) {
    const auto outcome = RunProgram(directory, "rollout toy_reach " + options);
    EXPECT_EQ(outcome.status, 2) << options;
    EXPECT_THAT(outcome.err, HasSubstr(message)) << options;
  };
  refused("--video v.avi", "--video needs a FILE.mp4, got 'v.avi'");
  refused("--stills .png", "--stills needs a FILE.png");
  refused("--video v.mp4 --video-size 0", "got '0'");
  refused("--video v.mp4 --video-size 10x", "WIDTHxHEIGHT");
  refused("--video v.mp4 --video-size 10x10x10", "WIDTHxHEIGHT");
  refused("--video v.mp4 --video-episodes 0", "--video-episodes is out of range");
  refused("--video v.mp4 --video-episodes 9 --video-size 4000", "12008x12008 pixels");
  refused("--video-size 40", "need --video FILE.mp4");
  EXPECT_THAT(directory.Entries(), testing::IsEmpty());
}

}  // namespace
}  // namespace curl_rl::video
