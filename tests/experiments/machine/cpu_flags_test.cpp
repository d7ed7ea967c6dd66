// What is said of bfloat16 on processors with and without it.
#include "experiments/machine/cpu_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

using agents::Precision;
using testing::AllOf;
using testing::HasSubstr;

TEST(CpuFlagsTest, AreThoseOfTheFirstProcessor) {
  const TemporaryDirectory directory;
  const auto flags = [&](const std::string& text) {
    return CpuFlags(directory.Write("cpuinfo", text));
  };
  EXPECT_EQ(flags("processor\t: 0\nbugs\t\t: x\nflags\t\t: fpu avx2\n\nflags\t\t: other\n"),
            "fpu avx2");
  EXPECT_EQ(flags("vmx flags\t: ept\nFeatures\t: fp asimd bf16\n"), "fp asimd bf16");
  EXPECT_EQ(flags("flags\t\t:\n"), "");
  EXPECT_EQ(flags("nothing of the kind\n"), "");
  EXPECT_EQ(CpuFlags(directory.File("gone")), "");
}

TEST(CpuFlagsTest, Bfloat16IsAWordOfItsOwn) {
  EXPECT_EQ(Bfloat16Flag("fpu avx512f avx512_bf16 sse"), "avx512_bf16");
  EXPECT_EQ(Bfloat16Flag("avx512_bf16 amx_bf16"), "amx_bf16");
  EXPECT_EQ(Bfloat16Flag("asimd bf16"), "bf16");
  EXPECT_EQ(Bfloat16Flag("avx512f avx512_bf16x"), "");
  EXPECT_EQ(Bfloat16Flag(""), "");
}

// It trained some thirty times slower than in float32, and nothing said why.
TEST(CpuFlagsTest, EmulatedBfloat16IsToldAndNothingElse) {
  const std::string avx2 = "fpu sse4_1 avx avx2 fma";
  EXPECT_THAT(PrecisionWarning(Precision::kBFloat16, avx2),
              AllOf(HasSubstr("agent.precision is bfloat16"), HasSubstr("emulated"),
                    HasSubstr("agent.precision=float32")));
  EXPECT_EQ(PrecisionWarning(Precision::kBFloat16, avx2 + " avx512_bf16"), "");
  EXPECT_EQ(PrecisionWarning(Precision::kFloat32, avx2), "");
  EXPECT_EQ(PrecisionWarning(Precision::kBFloat16, ""), "");  // not known
}

}  // namespace
}  // namespace curl_rl::experiments
