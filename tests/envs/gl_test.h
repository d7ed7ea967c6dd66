// A fixture of tests that draw: they skip where there is no OpenGL.
#pragma once

#include <gtest/gtest.h>

#include <stdexcept>

#include "envs/gl_context.h"

namespace curl_rl::envs {

/// Base is testing::Test or testing::TestWithParam<...>.
template <typename Base>
class GlTest : public Base {
 protected:
  void SetUp() override {
    try {
      QueryGl();
    } catch (const std::runtime_error& error) {
      GTEST_SKIP() << error.what();
    }
  }
};

}  // namespace curl_rl::envs
