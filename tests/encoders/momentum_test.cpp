// The momentum update, and the body of its CUDA kernel run on the CPU.
#include "encoders/momentum.h"

#include <gtest/gtest.h>
#include <torch/cuda.h>
#include <torch/utils.h>

#include <vector>

#include "encoders/parameter_passes_kernel.h"

namespace curl_rl::encoders {
namespace {

TEST(MomentumUpdate, MovesTheSlowCopyByTau) {
  torch::nn::Linear online(3, 2);
  torch::nn::Linear slow(3, 2);
  StartAsCopy(*online, *slow);
  EXPECT_TRUE(torch::equal(online->weight, slow->weight));
  EXPECT_FALSE(slow->weight.requires_grad());
  {
    torch::NoGradGuard no_grad;
    online->weight.add_(1.0);
  }
  const auto expected = 0.05 * online->weight + 0.95 * slow->weight;
  MomentumUpdate(*online, *slow, 0.05);
  EXPECT_TRUE(torch::allclose(slow->weight, expected, 1e-6, 1e-7));
  MomentumUpdate(*online, *slow, 1.0);
  EXPECT_TRUE(torch::allclose(slow->weight, online->weight, 1e-6, 1e-7));
}

// Sizes that do and do not fill blocks and threads; block by block and thread by thread.
TEST(MomentumPass, MovesEveryNumberOfEveryTensorOnce) {
  const std::vector<std::int64_t> sizes = {1, 300, kPassChunk, kPassChunk + 1, 3 * kPassChunk - 7};
  torch::manual_seed(2);
  std::vector<torch::Tensor> slow, online, expected;
  MomentumPass pass{};
  pass.tau = 0.05f;
  int blocks = 0;
  for (const auto size : sizes) {
    slow.push_back(torch::randn({size}));
    online.push_back(torch::randn({size}));
    expected.push_back(slow.back() * 0.95 + online.back() * 0.05);
    pass.tensors[pass.count++] = {slow.back().data_ptr<float>(), online.back().data_ptr<float>(),
                                  size, blocks};
    blocks += PassBlocks(size);
  }
  EXPECT_EQ(blocks, 1 + 1 + 1 + 2 + 3);
  for (int block = 0; block < blocks; ++block) {
    for (int thread = 0; thread < kPassThreads; ++thread) MomentumNumbers(pass, block, thread);
  }
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    EXPECT_TRUE(torch::allclose(slow[i], expected[i], 1e-6, 1e-7)) << sizes[i];
  }
}

TEST(MomentumUpdate, IsTheSameOnTheGpu) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device";
  torch::nn::Linear online(300, 70), slow(300, 70), online_there(300, 70), slow_there(300, 70);
  StartAsCopy(*online, *online_there);
  StartAsCopy(*slow, *slow_there);
  online_there->to(torch::kCUDA);
  slow_there->to(torch::kCUDA);
  MomentumUpdate(*online, *slow, 0.05);
  MomentumUpdate(*online_there, *slow_there, 0.05);
  EXPECT_TRUE(torch::allclose(slow_there->weight.cpu(), slow->weight, 1e-6, 1e-7));
  EXPECT_TRUE(torch::allclose(slow_there->bias.cpu(), slow->bias, 1e-6, 1e-7));
}

TEST(StartAsCopy, RefusesAnotherNumberOfParameters) {
  torch::nn::Linear online(3, 2);
  torch::nn::Linear without_bias(torch::nn::LinearOptions(3, 2).bias(false));
  EXPECT_THROW(StartAsCopy(*online, *without_bias), c10::Error);
}

}  // namespace
}  // namespace curl_rl::encoders
