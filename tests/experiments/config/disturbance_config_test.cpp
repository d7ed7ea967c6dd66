// Disturbances in a config: read, refused where they mean nothing, their files found again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "experiments/config/config_reader.h"
#include "experiments/config/config_schema.h"
#include "tests/experiments/error_message.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string ErrorOf(const std::vector<std::string>& overrides) {
  return Message([&] { ReadConfig("", overrides); });
}

TEST(DisturbanceConfig, NobodyIsDisturbedByDefault) {
  const auto config = ReadConfig("", {});
  EXPECT_THAT(config.environment.disturb, IsEmpty());
  EXPECT_THAT(config.eval_disturbances, IsEmpty());
}

TEST(DisturbanceConfig, IsReadFromFilesAndOverridesAndWrittenBack) {
  const TemporaryDirectory directory;
  const auto file = directory.Write("c.yaml",
                                    "environment: {disturb: [colors=hard, camera=easy]}\n"
                                    "eval_disturbances: ['colors=hard,light=easy', none]\n");
  const auto config = ReadConfig(file, {});
  EXPECT_THAT(config.environment.disturb, ElementsAre("colors=hard", "camera=easy"));
  EXPECT_THAT(config.eval_disturbances, ElementsAre("colors=hard,light=easy", "none"));
  EXPECT_THAT(ReadConfig(file, {"environment.disturb=[light=hard]"}).environment.disturb,
              ElementsAre("light=hard"));
  const auto again = ReadConfig(directory.Write("again.yaml", WriteConfig(config)), {});
  EXPECT_EQ(again.environment.disturb, config.environment.disturb);
  EXPECT_EQ(again.eval_disturbances, config.eval_disturbances);
}

TEST(DisturbanceConfig, ItsFilesAreFoundAgainFromElsewhere) {
  const TemporaryDirectory directory;
  const auto file = directory.Write("c.yaml",
                                    "environment: {disturb: ['video=hard:films/sea.mp4']}\n"
                                    "eval_disturbances: ['colors=easy,pictures=easy:photos']\n");
  const auto config = ReadConfig(file, {});
  EXPECT_THAT(config.environment.disturb,
              ElementsAre("video=hard:" + directory.File("films/sea.mp4")));
  EXPECT_THAT(config.eval_disturbances,
              ElementsAre("colors=easy,pictures=easy:" + directory.File("photos")));
  EXPECT_THAT(ReadConfig("", {"environment.disturb=['video=easy:a.mp4']"}).environment.disturb,
              ElementsAre("video=easy:" + std::filesystem::absolute("a.mp4").string()));
}

TEST(DisturbanceConfig, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(ErrorOf({"environment.disturb=[colour=hard]"}),
              AllOf(HasSubstr("override 'environment.disturb=[colour=hard]'"),
                    HasSubstr("did you mean 'colors'?")));
  EXPECT_THAT(ErrorOf({"environment.disturb=[colors=hard, colors=easy]"}),
              HasSubstr("'colors' is given twice"));
  EXPECT_THAT(ErrorOf({"environment.disturb=[noise=hard, 'video=easy:a.mp4']"}),
              HasSubstr("one of noise, pictures and video"));
  EXPECT_THAT(ErrorOf({"eval_disturbances=[camera]"}),
              AllOf(HasSubstr("eval_disturbances"), HasSubstr("is not KIND=STRENGTH")));
  EXPECT_THAT(ErrorOf({"eval_disturbances=[camera=easy, camera=easy]"}),
              HasSubstr("there is a column of 'camera_easy' already"));
  for (const char* key : {"environment.disturb", "eval_disturbances"}) {
    EXPECT_THAT(ErrorOf({std::string(key) + "=[colors=easy]", "observation=state",
                         "agent.objectives=[]", "method=sac_state"}),
                HasSubstr("needs observation: pixels, got state"));
  }
}

}  // namespace
}  // namespace curl_rl::experiments
