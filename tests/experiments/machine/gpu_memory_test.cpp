// What is told when a GPU's memory is used up. No GPU is needed: LibTorch's errors are made up.
#include "experiments/machine/gpu_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace curl_rl::experiments {
namespace {

constexpr char kTorchsWords[] =
    "CUDA out of memory. Tried to allocate 784.00 MiB (GPU 0; 7.79 GiB total capacity)\n"
    "Exception raised from malloc at CUDACachingAllocator.cpp:578";

TEST(GpuMemoryTest, ErrorsOfWantOfMemoryAreKnown) {
  EXPECT_TRUE(IsOutOfGpuMemory(kTorchsWords));
  EXPECT_TRUE(IsOutOfGpuMemory("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"));
  EXPECT_TRUE(IsOutOfGpuMemory("CUDA error: out of memory"));
  EXPECT_FALSE(IsOutOfGpuMemory("CUDA error: an illegal memory access was encountered"));
}

TEST(GpuMemoryTest, TheTextSaysWhatTakesItAndWhatToDo) {
  ExperimentConfig config;
  EXPECT_EQ(
      OutOfGpuMemoryText(config, "cuda:1", 12'000'000, kTorchsWords),
      "cuda:1 has no memory left for this run: agent.batch_size 512 in float32, replay_capacity "
      "100000; 12.00 MB are free now. Let fewer programs use this GPU (nvidia-smi lists them) or "
      "choose another device and resume the run; a new run may lower replay_capacity or "
      "agent.batch_size, or set agent.precision to bfloat16. LibTorch says: CUDA out of memory. "
      "Tried to allocate 784.00 MiB (GPU 0; 7.79 GiB total capacity)");
}

// As in an update: the error passes through, told anew; others stay what they are.
TEST(GpuMemoryTest, OnlyWantOfMemoryIsToldAnew) {
  const ExperimentConfig config;
  const auto fail = [&](const char* text) {
    return WithMemoryAdvice(config, torch::kCPU, [&]() -> int {
      throw c10::OutOfMemoryError(c10::SourceLocation{"f", "file", 1}, text);
    });
  };
  EXPECT_THAT([&] { fail(kTorchsWords); },
              testing::ThrowsMessage<std::runtime_error>(testing::AllOf(
                  testing::StartsWith("cpu has no memory left for this run: agent.batch_size 512"),
                  testing::EndsWith("7.79 GiB total capacity)"))));
  EXPECT_THROW(fail("the tensors have different sizes"), c10::Error);
  EXPECT_EQ(WithMemoryAdvice(config, torch::kCPU, [] { return 7; }), 7);
}

}  // namespace
}  // namespace curl_rl::experiments
