// How the backend of OpenGL is chosen. A program chooses once, so the order of these tests counts
// when they run in one process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <stdexcept>

#include "envs/gl_context.h"

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
