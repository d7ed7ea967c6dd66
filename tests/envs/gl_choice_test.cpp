// How the backend of OpenGL is chosen. A program chooses once, so the order of these tests counts
// when they run in one process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <stdexcept>

#include "envs/gl_context.h"

// CTest runs each of these tests in a process of its own, which has one thread.
// NOLINTBEGIN(concurrency-mt-unsafe)
namespace curl_rl::envs {
namespace {

TEST(GlChoiceTest, AnUnknownBackendIsRefused) {
  setenv("CURL_RL_GL", "glx", 1);
  try {
    QueryGl();
    ADD_FAILURE() << "not refused";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "CURL_RL_GL=glx: allowed are egl and osmesa");
  }
  unsetenv("CURL_RL_GL");
}

// Devices of a machine with two GPUs that EGL lists the other way round, and Mesa's software.
const std::vector<EglDeviceInfo> kTwoGpus = {
    {"Mesa", true, -1}, {"NVIDIA, /dev/dri/card1", false, 1}, {"NVIDIA, /dev/dri/card0", false, 0}};

TEST(EglOrderTest, TheGpuThatLearnsIsTriedFirst) {
  EXPECT_THAT(EglOrder(kTwoGpus, "", -1), testing::ElementsAre(1, 2));
  EXPECT_THAT(EglOrder(kTwoGpus, "", 1), testing::ElementsAre(1, 2));
  EXPECT_THAT(EglOrder(kTwoGpus, "", 0), testing::ElementsAre(2, 1));
  EXPECT_THAT(EglOrder({}, "", 0), testing::IsEmpty());
}

TEST(EglOrderTest, ANumberThatNoDeviceOrTwoHaveChangesNothing) {
  EXPECT_THAT(EglOrder(kTwoGpus, "", 2), testing::ElementsAre(1, 2));
  auto twice = kTwoGpus;
  twice[1].cuda_device = 0;
  EXPECT_THAT(EglOrder(twice, "", 0), testing::ElementsAre(1, 2));
}

TEST(EglOrderTest, ANamedDeviceIsTheOnlyOneAndMayBeSoftware) {
  EXPECT_THAT(EglOrder(kTwoGpus, "0", 0), testing::ElementsAre(0));
  EXPECT_THAT(EglOrder(kTwoGpus, "1", 0), testing::ElementsAre(1));
}

TEST(EglOrderTest, ANameThatIsNoDeviceIsRefusedWithTheList) {
  for (const char* named : {"3", "-1", "01", "card0"}) {
    try {
      EglOrder(kTwoGpus, named, 0);
      ADD_FAILURE() << named << " is not refused";
    } catch (const std::invalid_argument& error) {
      EXPECT_EQ(error.what(),
                "CURL_RL_EGL_DEVICE=" + std::string(named) +
                    ": allowed is the number of one of EGL's devices, 0 (Mesa, software), 1 "
                    "(NVIDIA, /dev/dri/card1, CUDA device 1), 2 (NVIDIA, /dev/dri/card0, CUDA "
                    "device 0)");
    }
  }
}

// Each in a process of its own, since a program chooses once.
TEST(EglDeviceDeathTest, TheNamedDeviceOfThisMachineDraws) {
  EXPECT_EXIT(
      {
        setenv("CURL_RL_EGL_DEVICE", "0", 1);  // Mesa's software, if there is no GPU
        const auto gl = QueryGl();
        const bool right = gl.backend == "egl" && gl.egl_device == 0 && !EglDevices().empty();
        std::exit(right ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

TEST(EglDeviceDeathTest, ADeviceThatThisMachineLacksIsRefused) {
  EXPECT_EXIT(
      {
        setenv("CURL_RL_EGL_DEVICE", "99", 1);
        try {
          QueryGl();
        } catch (const std::invalid_argument& error) {
          std::cerr << error.what();
          std::exit(3);
        }
      },
      testing::ExitedWithCode(3), "CURL_RL_EGL_DEVICE=99: allowed is .* EGL's devices, 0 \\(");
}

TEST(GlChoiceTest, WithoutAnEglDriverOsmesaDrawsOrTheErrorNamesThePackages) {
  setenv("__EGL_VENDOR_LIBRARY_FILENAMES", "/nonexistent", 1);  // libglvnd finds no driver
  try {
    EXPECT_EQ(QueryGl().backend, "osmesa");
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(
        error.what(),
        testing::AllOf(testing::HasSubstr("\n  egl: "), testing::HasSubstr("\n  osmesa: "),
                       testing::HasSubstr("libgl1-mesa-dri"), testing::HasSubstr("libosmesa6")));
  }
}

}  // namespace
}  // namespace curl_rl::envs
// NOLINTEND(concurrency-mt-unsafe)
