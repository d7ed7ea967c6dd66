// One environment of each model keeps the contract with pixels too.
#include <gtest/gtest.h>

#include <stdexcept>

#include "envs/conformance.h"
#include "envs/gl_context.h"
#include "tests/envs/environment_names.h"

namespace curl_rl::envs {
namespace {

class PixelConformanceOfTest : public testing::TestWithParam<std::string> {};

TEST_P(PixelConformanceOfTest, KeepsTheContract) {
  if (const std::string lacking = Lacking(GetParam()); !lacking.empty()) GTEST_SKIP() << lacking;
  try {
    QueryGl();
  } catch (const std::runtime_error& error) {
    if (GetParam() != "toy_reach") GTEST_SKIP() << error.what();
  }
  ConformanceOptions options;
  options.environment.image_size = 32;
  options.episodes = 1;
  for (const std::string& failure : CheckConformance(Find(GetParam()).factory, options)) {
    ADD_FAILURE() << failure;
  }
}

INSTANTIATE_TEST_SUITE_P(Models, PixelConformanceOfTest, testing::ValuesIn(OneNameOfEachModel()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace curl_rl::envs
