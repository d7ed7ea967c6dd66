// The decoder's last layer against LibTorch's transposed convolution, gradients included: sides
// that differ, more images than are taken at once, and each of the two sizes that maps come from.
#include "encoders/strided_deconv.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>

#include <vector>

namespace curl_rl::encoders {
namespace {

using torch::Tensor;

struct Layer {
  std::int64_t images, filters, height, width, channels, output_padding;
};

struct Passes {
  Tensor output;
  std::vector<Tensor> gradients;  // by maps, weight, bias
};

// `compute` of inputs drawn for `at`, in `type`, and the gradients of a sum with drawn weights.
template <typename F>
Passes PassesOf(const Layer& of, torch::ScalarType type, const F& compute) {
  const auto stream = at::detail::createCPUGenerator(3);
  const auto drawn = [&](const std::vector<std::int64_t>& sizes) {
    return torch::randn(sizes, stream);
  };
  const auto maps = drawn({of.images, of.filters, of.height, of.width})
                        .contiguous(torch::MemoryFormat::ChannelsLast)
                        .to(type)
                        .requires_grad_(true);
  const auto weight = drawn({of.filters, of.channels, 3, 3}).requires_grad_(true);
  const auto bias = drawn({of.channels}).requires_grad_(true);
  Passes results;
  results.output = compute(maps, weight, bias);
  const auto weights = drawn(results.output.sizes().vec());
  results.gradients =
      torch::autograd::grad({(results.output * weights).sum()}, {maps, weight, bias});
  return results;
}

Passes Ours(const Layer& of, torch::ScalarType type) {
  return PassesOf(of, type, [&](const Tensor& maps, const Tensor& weight, const Tensor& bias) {
    return StridedDeconv(maps, weight, bias, of.output_padding);
  });
}

Passes LibTorchs(const Layer& of, torch::ScalarType type) {
  return PassesOf(of, type, [&](const Tensor& maps, const Tensor& weight, const Tensor& bias) {
    return torch::conv_transpose2d(maps.to(torch::kFloat64), weight.to(torch::kFloat64),
                                   bias.to(torch::kFloat64), 2, 0, of.output_padding);
  });
}

double Apart(const Tensor& a, const Tensor& b) {
  const auto exact = b.to(torch::kFloat64);
  return ((a.to(torch::kFloat64) - exact).norm() / exact.norm()).item<double>();
}

const Layer kLayers[] = {{1, 32, 41, 41, 9, 1}, {19, 8, 5, 7, 9, 0}, {3, 4, 3, 2, 1, 1}};

TEST(StridedDeconv, IsTheTransposedConvolution) {
  for (const auto& of : kLayers) {
    const auto ours = Ours(of, torch::kFloat32), exact = LibTorchs(of, torch::kFloat32);
    ASSERT_EQ(ours.output.sizes(), exact.output.sizes());
    EXPECT_LT(Apart(ours.output, exact.output), 1e-6) << of.images;
    for (std::size_t i = 0; i < ours.gradients.size(); ++i) {
      EXPECT_EQ(ours.gradients[i].sizes(), exact.gradients[i].sizes());
      EXPECT_LT(Apart(ours.gradients[i], exact.gradients[i]), 1e-6) << of.images << ", " << i;
    }
  }
}

TEST(StridedDeconv, TakesMapsInBfloat16AndGivesFloat32) {
  const auto ours = Ours(kLayers[1], torch::kBFloat16);
  const auto exact = LibTorchs(kLayers[1], torch::kBFloat16);
  EXPECT_EQ(ours.output.scalar_type(), torch::kFloat32);
  EXPECT_EQ(ours.gradients[0].scalar_type(), torch::kBFloat16);
  EXPECT_LT(Apart(ours.output, exact.output), 1e-6);  // what is lost is the maps' own
  EXPECT_LT(Apart(ours.gradients[0], exact.gradients[0]), 4e-3);
  EXPECT_LT(Apart(ours.gradients[1], exact.gradients[1]), 1e-6);
}

TEST(StridedDeconv, HasTheSameBitsOnAnyNumberOfThreads) {
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const auto one = Ours(kLayers[1], torch::kFloat32);
  at::set_num_threads(2);
  const auto two = Ours(kLayers[1], torch::kFloat32);
  at::set_num_threads(threads);
  EXPECT_TRUE(one.output.equal(two.output));
  for (std::size_t i = 0; i < one.gradients.size(); ++i) {
    EXPECT_TRUE(one.gradients[i].equal(two.gradients[i])) << i;
  }
}

}  // namespace
}  // namespace curl_rl::encoders
