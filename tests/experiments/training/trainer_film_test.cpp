// Videos that are made while it trains.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/training/trainer.h"
#include "experiments/video/video_encoder.h"
#include "tests/experiments/training/trainer_fixture.h"

namespace curl_rl::experiments {
namespace {

TEST_F(TrainerTest, VideosAreMadeAndDisturbNothing) {
  if (video::H264Encoders().empty()) GTEST_SKIP() << "no videos in this build";
  const auto plain = Run(SmallConfig({}), "plain");
  const auto filmed =
      Run(SmallConfig({"video_every=160", "video_episodes=2", "video_size=40"}), "filmed");
  for (const char* file : {"/train.csv", "/eval.csv"}) {
    EXPECT_EQ(WithoutTimes(ReadTable(filmed + file)), WithoutTimes(ReadTable(plain + file)));
  }
  std::vector<std::string> videos;
  for (const auto& entry : std::filesystem::directory_iterator(filmed + "/videos")) {
    videos.push_back(entry.path().filename().string());
    EXPECT_GT(std::filesystem::file_size(entry), 1000u);
  }
  EXPECT_THAT(videos, testing::UnorderedElementsAre("env_step_000000000000.mp4",
                                                    "env_step_000000000160.mp4",
                                                    "env_step_000000000240.mp4"));
  EXPECT_FALSE(std::filesystem::exists(plain + "/videos"));
}

TEST_F(TrainerTest, AVideoThatCannotBeWrittenDoesNotEndTheRun) {
  if (video::H264Encoders().empty()) GTEST_SKIP() << "no videos in this build";
  std::filesystem::create_directory(directory_.File("run"));
  directory_.Write("run/videos", "in the way");
  const auto config = SmallConfig({"video_every=80", "video_size=40"});
  std::ostringstream out;
  Progress progress(out, false, config.env_steps, 0);
  SignalRequests requests;
  Trainer trainer(config, torch::kCPU, directory_.File("run"));
  testing::internal::CaptureStderr();
  EXPECT_TRUE(trainer.Run(progress, requests));
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("warning: no video"));
}

}  // namespace
}  // namespace curl_rl::experiments
