// Which kernels are asked of OpenBLAS where it does not know the processor.
#include "experiments/machine/openblas_kernels.h"

#include <gtest/gtest.h>

#include <string>

namespace curl_rl::experiments {
namespace {

const std::string kAvx2 = "fpu sse4_1 avx avx2 fma";
const std::string kAvx512 = kAvx2 + " avx512f avx512dq avx512cd avx512bw avx512vl";

// OpenBLAS 0.3.21 on an Emerald Rapids took SSE3's: a sixth of the speed, and nothing said so.
TEST(OpenBlasKernelsTest, ANewProcessorGetsThoseOfItsInstructions) {
  EXPECT_EQ(BetterOpenBlasKernels("Prescott", kAvx512, ""), "SkylakeX");
  EXPECT_EQ(BetterOpenBlasKernels("Prescott", kAvx2, ""), "Haswell");
  EXPECT_EQ(BetterOpenBlasKernels("Nehalem", kAvx2, ""), "Haswell");
}

TEST(OpenBlasKernelsTest, WhatIsRightOrNotKnownToBeWrongStays) {
  for (const char* chosen : {"Haswell", "Zen", "SkylakeX", "Cooperlake", "Newcomer", ""}) {
    EXPECT_EQ(BetterOpenBlasKernels(chosen, kAvx512, ""), "") << chosen;
  }
  EXPECT_EQ(BetterOpenBlasKernels("Prescott", "fpu sse3", ""), "");
  EXPECT_EQ(BetterOpenBlasKernels("Prescott", "fpu avx2x fma", ""), "");
  EXPECT_EQ(BetterOpenBlasKernels("Prescott", "", ""), "");
}

TEST(OpenBlasKernelsTest, LibTorchsVariableIsKeptTo) {
  EXPECT_EQ(BetterOpenBlasKernels("Prescott", kAvx512, "default"), "");
  EXPECT_EQ(BetterOpenBlasKernels("Prescott", kAvx512, "avx2"), "Haswell");
  EXPECT_EQ(BetterOpenBlasKernels("Prescott", kAvx512, "avx512"), "SkylakeX");
}

}  // namespace
}  // namespace curl_rl::experiments
