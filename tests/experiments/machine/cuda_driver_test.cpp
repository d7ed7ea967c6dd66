// The driver's library is asked; fake_cuda_driver.cpp stands in for it.
#include "experiments/machine/cuda_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

// CTest runs each of these tests in a process of its own, which has one thread.
// NOLINTBEGIN(concurrency-mt-unsafe)
namespace curl_rl::experiments {
namespace {

TEST(CudaDriverTest, TellsFreeMemoryOfEachGpuAndLeavesNoContextBehind) {
  setenv("FAKE_GPUS", "3", 1);
  for (int times = 0; times < 2; ++times) {
    EXPECT_THAT(FreeGpuBytes(),
                testing::ElementsAre(10'000'000'000, 11'000'000'000, 12'000'000'000));
  }
  const auto driver = AskCudaDriver();
  EXPECT_TRUE(driver.found);
  EXPECT_EQ(driver.supports, 12060);
  EXPECT_EQ(driver.error, "");
}

TEST(CudaDriverTest, TellsWhyItDoesNotStart) {
  setenv("FAKE_GPUS", "0", 1);
  EXPECT_EQ(AskCudaDriver().error, "no CUDA-capable device is detected, 100");
  EXPECT_THAT(FreeGpuBytes(), testing::IsEmpty());
  setenv("FAKE_GPUS", "-1", 1);
  EXPECT_EQ(AskCudaDriver().error, "unknown error, 999");
}

}  // namespace
}  // namespace curl_rl::experiments
// NOLINTEND(concurrency-mt-unsafe)
