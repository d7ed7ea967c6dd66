// How Python's tasks are named, what a host tells, and how pictures change their size.
#include "envs/python/python_task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "envs/python/area_resize.h"
#include "envs/python/host_description.h"
#include "tests/envs/python/python_modules.h"

namespace curl_rl::envs {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

using Bytes = std::vector<std::uint8_t>;

TEST(PythonTaskTest, IsTakenForOneByItsBeginning) {
  for (const char* text : {"gymnasium:Pendulum-v1", "dm_env:a.b:make", "python:/x/y.py:make"}) {
    EXPECT_TRUE(IsPythonTask(text)) << text;
  }
  for (const char* text : {"gymnasium", "walker_walk", "gym:Pendulum-v1", "python3:x", "a.yaml"}) {
    EXPECT_FALSE(IsPythonTask(text)) << text;
  }
}

TEST(PythonTaskTest, HasANameInSnakeCaseWithoutFolders) {
  EXPECT_EQ(PythonTask("gymnasium:Pendulum-v1").name, "gymnasium_pendulum_v1");
  EXPECT_EQ(PythonTask("gymnasium:ALE/Pong-v5").name, "gymnasium_ale_pong_v5");
  EXPECT_EQ(PythonTask("dm_env:a.b:make").name, "dm_env_a_b_make");
  EXPECT_EQ(PythonTask("python:/home/x/my_file.py:make").name, "python_my_file_make");
  EXPECT_EQ(PythonTask("gymnasium:Pendulum-v1").source, "gymnasium:Pendulum-v1");
}

TEST(PythonTaskTest, RefusesWhatNamesNothing) {
  EXPECT_THAT(MessageOf([] { PythonTask("python:my_file.py"); }),
              AllOf(HasSubstr("names no function"), HasSubstr("python:FILE.py:FUNCTION")));
  EXPECT_THAT(MessageOf([] { PythonTask("dm_env::make"); }), HasSubstr("names no module"));
  EXPECT_THAT(MessageOf([] { PythonTask("gymnasium:"); }), HasSubstr("nothing stands behind"));
}

TEST(PythonTaskTest, AFileIsFoundAgainFromElsewhere) {
  EXPECT_EQ(AbsolutePythonTask("python:b/../c.py:make", "/a"), "python:/a/c.py:make");
  EXPECT_EQ(AbsolutePythonTask("dm_env:/b/c.py:make", "/a"), "dm_env:/b/c.py:make");
  EXPECT_EQ(AbsolutePythonTask("dm_env:b.c:make", "/a"), "dm_env:b.c:make");
  EXPECT_EQ(AbsolutePythonTask("gymnasium:b:C-v1", "/a"), "gymnasium:b:C-v1");
}

constexpr char kLeast[] = "low\t-1\t0\nhigh\t1\t4\ntimestep\t0.05\nstep_limit\t20";

TEST(HostDescriptionTest, IsReadLineByLine) {
  const auto read = ParseHostDescription(
      std::string("frame\t8\t6\t3\t1\tPython's render()\nstate\tplace own\t2\nstate\tempty\t0\n"
                  "version\tpython\t3.11.2\n") +
      kLeast);
  EXPECT_EQ(read.observation.height, 8);
  EXPECT_EQ(read.observation.width, 6);
  EXPECT_EQ(read.observation.channels, 3);
  EXPECT_TRUE(read.drawn_when_asked);
  EXPECT_EQ(read.drawn_by, "Python's render()");
  ASSERT_EQ(read.observation.state.size(), 1);  // without the empty one
  EXPECT_EQ(read.observation.state[0].name, "place own");
  EXPECT_THAT(read.low, ElementsAre(-1.0, 0.0));
  EXPECT_THAT(read.high, ElementsAre(1.0, 4.0));
  EXPECT_EQ(read.timestep, 0.05);
  EXPECT_EQ(read.step_limit, 20);
  EXPECT_THAT(read.versions, ElementsAre(Pair("python", "3.11.2")));
}

TEST(HostDescriptionTest, RefusesWhatNoAgentCouldTake) {
  const auto refused = [](const std::string& text) {
    return MessageOf([&] { ParseHostDescription(text); });
  };
  const std::string least = kLeast;
  EXPECT_THAT(refused("frame\t5000\t6\t3\t0\tx\n" + least), HasSubstr("height of its frames"));
  EXPECT_THAT(refused("state\tx\t9999999\n" + least), HasSubstr("allowed: 0 .. 1048576"));
  EXPECT_THAT(refused("state\tx\t1048576\nstate\ty\t1\n" + least), HasSubstr("its state vector"));
  EXPECT_THAT(refused("low\nhigh\ntimestep\t1"), HasSubstr("its actions have 0 components"));
  EXPECT_THAT(refused("low\t0\nhigh\t0\ntimestep\t1"), HasSubstr("allowed: low below high"));
  EXPECT_THAT(refused("low\t0\nhigh\t1\ntimestep\t0"), HasSubstr("its control step takes"));
  EXPECT_THAT(refused("nonsense"), HasSubstr("a line that is none: 'nonsense'"));
  EXPECT_THAT(refused("low\tx"), HasSubstr("'x' where a number is expected"));
}

TEST(AreaResizeTest, TakesTheMeanOfWhatAPixelCovers) {
  const Bytes from = {0, 4, 8, 12, 20, 24, 28, 33};  // 2 x 4, one channel
  Bytes halves(2);
  ResizeByArea(from.data(), {2, 4, 1}, halves.data(), {1, 2, 1});
  EXPECT_THAT(halves, ElementsAre(12, 20));  // 48 / 4; 81 / 4, rounded
}

TEST(AreaResizeTest, CountsPartsOfPixelsByTheirArea) {
  const Bytes from = {0, 90, 240};
  Bytes two(2);
  ResizeByArea(from.data(), {1, 3, 1}, two.data(), {1, 2, 1});
  EXPECT_THAT(two, ElementsAre(30, 190));  // (2 x 0 + 90) / 3, (90 + 2 x 240) / 3
  Bytes six(6);
  ResizeByArea(from.data(), {1, 3, 1}, six.data(), {1, 6, 1});
  EXPECT_THAT(six, ElementsAre(0, 0, 90, 90, 240, 240));
}

TEST(AreaResizeTest, KeepsChannelsApartAndConstantsConstant) {
  Bytes from(500 * 400 * 3), to(100 * 100 * 3);
  for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<std::uint8_t>(50 * (i % 3));
  ResizeByArea(from.data(), {500, 400, 3}, to.data(), {100, 100, 3});
  for (std::size_t i = 0; i < to.size(); ++i) ASSERT_EQ(to[i], 50 * (i % 3)) << i;
  const Bytes white(37 * 37, 255);
  Bytes other(100 * 100);
  ResizeByArea(white.data(), {37, 37, 1}, other.data(), {100, 100, 1});
  EXPECT_THAT(other, Each(255));
}

TEST(AreaResizeTest, CopiesAPictureOfTheSameSize) {
  Bytes from(12), to(12);
  std::iota(from.begin(), from.end(), std::uint8_t{200});
  ResizeByArea(from.data(), {2, 2, 3}, to.data(), {2, 2, 3});
  EXPECT_EQ(from, to);
}

}  // namespace
}  // namespace curl_rl::envs
