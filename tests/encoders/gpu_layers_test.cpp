// What the encoder does on a GPU: the body of the kernel that masks a gradient and sums it for the
// bias, run on the CPU block by block and thread by thread; and all of it where there is a device.
#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/cuda.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <limits>
#include <vector>

#include "encoders/conv3x3/conv3x3.h"
#include "encoders/conv_relu.h"
#include "encoders/relu_gradient_kernel.h"
#include "encoders/wide_linear.h"

namespace curl_rl::encoders {
namespace {

constexpr int kThreads = 64;

template <typename Scalar>
ReluGradient RunKernelOnCpu(const torch::Tensor& gradient, const torch::Tensor& output,
                            int blocks) {
  ReluGradient result;
  result.masked = torch::full_like(gradient, 7.0);
  const auto partial = torch::full({gradient.size(1), blocks}, 7.0);
  ReluGradientProblem p{};
  p.gradient = gradient.data_ptr();
  p.output = output.data_ptr();
  p.masked = result.masked.data_ptr();
  p.partial = partial.data_ptr<float>();
  p.rows = gradient.numel() / gradient.size(1);
  p.channels = static_cast<int>(gradient.size(1));
  p.blocks = blocks;
  for (int block = 0; block < blocks; ++block) {
    std::vector<float> staged(kThreads * ReluGradientSums<Scalar>::kCount, 7.0f);
    for (int t = 0; t < kThreads; ++t) MaskAndSum<Scalar>(p, block, t, kThreads, staged.data());
    for (int t = 0; t < kThreads; ++t) SumBlock<Scalar>(p, block, t, kThreads, staged.data());
  }
  result.bias = partial.sum(1);
  return result;
}

torch::Tensor Maps(std::int64_t batch, std::int64_t channels, std::int64_t side,
                   torch::ScalarType dtype) {
  return torch::randn({batch, channels, side, side})
      .to(dtype)
      .contiguous(torch::MemoryFormat::ChannelsLast);
}

// Sums are taken in another order, in float32: within 1e-5 of the size of what is summed (which is
// nothing where ReLU let nothing of a channel through).
void ExpectGradient(const ReluGradient& result, const torch::Tensor& gradient,
                    const torch::Tensor& output) {
  const auto masked = at::threshold_backward(gradient, output, 0);
  EXPECT_TRUE(torch::equal(result.masked, masked));
  const auto bias = masked.to(torch::kFloat64).sum({0, 2, 3});
  const auto scale = masked.to(torch::kFloat64).abs().sum({0, 2, 3});
  EXPECT_LE(((result.bias - bias).abs() - 1e-5 * scale).max().item<double>(), 0.0);
}

TEST(ReluGradientKernel, EqualsThePlainOperationsOnTheCpu) {
  torch::manual_seed(3);
  for (const auto dtype : {torch::kFloat32, torch::kBFloat16}) {
    for (const std::int64_t channels : {8, 32, 64}) {
      for (const int blocks : {1, 3}) {
        const auto gradient = Maps(3, channels, 5, dtype);
        const auto output = Maps(3, channels, 5, dtype).relu();  // half of it zeros
        const auto result = dtype == torch::kFloat32
                                ? RunKernelOnCpu<float>(gradient, output, blocks)
                                : RunKernelOnCpu<std::uint16_t>(gradient, output, blocks);
        ExpectGradient(result, gradient, output);
      }
    }
  }
}

TEST(ReluGradientKernel, NanInTheOutputLetsTheGradientPassAsInTorch) {
  torch::manual_seed(5);
  auto output = Maps(1, 8, 2, torch::kFloat32).relu();
  output[0][3][1][1] = std::numeric_limits<float>::quiet_NaN();
  const auto gradient = Maps(1, 8, 2, torch::kFloat32);
  ExpectGradient(RunKernelOnCpu<float>(gradient, output, 1), gradient, output);
}

TEST(ReluGradientKernel, EqualsThePlainOperationsOnTheGpu) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device";
  torch::manual_seed(4);
  for (const auto dtype : {torch::kFloat32, torch::kBFloat16}) {
    for (const std::int64_t channels : {32, 64, 12}) {  // 12: bfloat16 goes the plain way
      const auto gradient = Maps(64, channels, 37, dtype);
      const auto output = Maps(64, channels, 37, dtype).relu();
      const auto result = GradientOfRelu(gradient.cuda(), output.cuda());
      ExpectGradient({result.masked.cpu(), result.bias.cpu()}, gradient, output);
    }
  }
}

// The layer on the GPU beside LibTorch's operations in float64 on the CPU. Where a map is as good
// as zero, rounding decides on which side of ReLU it falls: gradients are compared behind the GPU's
// mask.
TEST(ConvReluOnTheGpu, EqualsTheOperationsOnTheCpu) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device";
  at::globalContext().setAllowTF32CuDNN(false);
  for (const auto dtype : {torch::kFloat32, torch::kBFloat16}) {
    for (const std::int64_t stride : {1, 2}) {
      torch::manual_seed(6);
      const std::int64_t channels = stride == 2 ? 9 : 32;
      const auto leaf = [](const torch::Tensor& from, const torch::TensorOptions& options) {
        return from.to(options).detach().set_requires_grad(true);
      };
      const auto maps = Maps(16, channels, 21, dtype);
      const auto weight = (0.1 * torch::randn({32, channels, 3, 3})).to(dtype);
      const auto bias = torch::randn({32}).to(dtype);

      const torch::TensorOptions on_gpu(torch::kCUDA);
      const std::vector<torch::Tensor> inputs = {leaf(maps, on_gpu.dtype(dtype)),
                                                 leaf(weight, on_gpu), leaf(bias, on_gpu)};
      const auto output = ConvRelu(inputs[0], inputs[1], inputs[2], stride);
      const auto upward = Maps(16, 32, output.size(2), dtype);
      const auto ours = torch::autograd::grad({output}, inputs, {upward.cuda()});

      const torch::TensorOptions exact(torch::kFloat64);
      const std::vector<torch::Tensor> exact_inputs = {leaf(maps, exact), leaf(weight, exact),
                                                       leaf(bias, exact)};
      const auto before = torch::conv2d(exact_inputs[0], exact_inputs[1], exact_inputs[2], stride);
      const auto theirs =
          torch::autograd::grad({before}, exact_inputs, {upward.to(exact) * output.cpu().gt(0)});
      // bfloat16 keeps 8 bits of a result.
      const double tolerance = dtype == torch::kFloat32 ? 1e-5 : 1e-2;
      const auto error = [](const torch::Tensor& got, const torch::Tensor& wanted) {
        return ((got.to(torch::kCPU, torch::kFloat64) - wanted).norm() / wanted.norm())
            .item<double>();
      };
      EXPECT_LE(error(output, before.relu()), tolerance) << stride;
      for (std::size_t i = 0; i < theirs.size(); ++i) {
        EXPECT_LE(error(ours[i], theirs[i]), tolerance) << i << ' ' << stride;
      }
    }
  }
}

// The pictures of a batch as they come (replay/gather.h), and later layers; more images than one
// round of the kernels takes, and fewer.
TEST(Conv3x3OnTheDevice, EqualsTheOperationsInFloat64) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device";
  for (const std::int64_t images : {3, 300}) {
    for (const std::int64_t stride : {1, 2}) {
      torch::manual_seed(8);
      const std::int64_t channels = stride == 2 ? 9 : 32, inputs = stride == 2 ? 16 : 32;
      const auto exact = Maps(images, channels, 33, torch::kBFloat16);
      auto memory = torch::zeros({images, 33, 33, inputs}, torch::kBFloat16);
      memory.narrow(3, 0, channels).copy_(exact.permute({0, 2, 3, 1}));
      const auto maps = memory.cuda().permute({0, 3, 1, 2});
      // What bfloat16 holds, so that only sums and outputs are rounded.
      const auto weight =
          (0.1 * torch::randn({32, channels, 3, 3})).to(torch::kBFloat16).to(torch::kFloat32);
      const auto bias = torch::randn({32});
      ASSERT_TRUE(CanConv3x3(maps, weight.cuda(), stride)) << stride;
      const auto output = Conv3x3Relu(maps, weight.cuda(), bias.cuda(), stride);
      const auto upward = Maps(images, 32, output.size(2), torch::kBFloat16);
      const auto ours = Conv3x3ReluGradients(upward.cuda(), maps, output, weight.cuda(), stride,
                                             /*by_maps=*/stride == 1);
      const auto leaf = [](const torch::Tensor& from) {
        return from.to(torch::kFloat64).detach().set_requires_grad(true);
      };
      const std::vector<torch::Tensor> inputs_exact = {leaf(exact), leaf(weight), leaf(bias)};
      const auto before = torch::conv2d(inputs_exact[0], inputs_exact[1], inputs_exact[2], stride);
      const auto theirs = torch::autograd::grad({before}, inputs_exact,
                                                {upward.to(torch::kFloat64) * output.cpu().gt(0)});
      const auto error = [](const torch::Tensor& got, const torch::Tensor& wanted) {
        return ((got.to(torch::kCPU, torch::kFloat64) - wanted).norm() / wanted.norm())
            .item<double>();
      };
      EXPECT_LE(error(output, before.relu()), 4e-3) << images << ' ' << stride;
      if (stride == 1) {
        EXPECT_LE(error(ours.maps, theirs[0]), 4e-3) << images;
      }
      EXPECT_LE(error(ours.weight, theirs[1]), 1e-5) << images << ' ' << stride;
      EXPECT_LE(error(ours.bias, theirs[2]), 1e-5) << images << ' ' << stride;
      const auto again = Conv3x3ReluGradients(upward.cuda(), maps, output, weight.cuda(), stride,
                                              /*by_maps=*/false);
      EXPECT_TRUE(torch::equal(again.weight, ours.weight));
    }
  }
}

TEST(WideLinearOnTheGpu, EqualsTheOperationsOnTheCpu) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device";
  torch::manual_seed(7);
  const auto maps = torch::randn({64, 400}).to(torch::kBFloat16);
  const auto weight = (0.05 * torch::randn({50, 400})).to(torch::kBFloat16);
  const auto bias = torch::randn({50}).to(torch::kBFloat16);
  const auto upward = torch::randn({64, 50}).to(torch::kBFloat16);
  const auto run = [&](const torch::TensorOptions& maps_as, const torch::TensorOptions& weight_as) {
    const auto leaf = [](const torch::Tensor& from, const torch::TensorOptions& options) {
      return from.to(options).detach().set_requires_grad(true);
    };
    const std::vector<torch::Tensor> inputs = {leaf(maps, maps_as), leaf(weight, weight_as),
                                               leaf(bias, weight_as)};
    const auto output = WideLinear(inputs[0], inputs[1], inputs[2]);
    auto all = torch::autograd::grad({output}, inputs, {upward.to(maps_as)});
    all.push_back(output.detach());
    return all;
  };
  const auto exact = run(torch::kFloat64, torch::kFloat64);
  const auto ours = run(torch::TensorOptions(torch::kCUDA).dtype(torch::kBFloat16),
                        torch::TensorOptions(torch::kCUDA));
  for (std::size_t i = 0; i < exact.size(); ++i) {
    ASSERT_EQ(ours[i].sizes(), exact[i].sizes());
    const auto error =
        (ours[i].to(torch::kCPU, torch::kFloat64) - exact[i]).norm() / exact[i].norm();
    EXPECT_LE(error.item<double>(), 1e-2) << i;  // bfloat16 keeps 8 bits of a result
  }
}

}  // namespace
}  // namespace curl_rl::encoders
