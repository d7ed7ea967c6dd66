// Our CPU kernels of the encoder's layers: against float64, LibTorch's, and each other.
#include "encoders/conv3x3/conv3x3.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <torch/autograd.h>
#include <torch/utils.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "encoders/conv3x3/conv3x3_kernels.h"

namespace curl_rl::encoders {
namespace {

struct Case {
  std::int64_t images, height, width, channels, stride;
};

// The encoder's own layers, and sides that leave tiles of every size, odd and even.
std::vector<Case> Cases() {
  std::vector<Case> cases = {{2, 41, 41, 32, 1}, {3, 39, 37, 32, 1}, {33, 5, 6, 32, 1},
                             {1, 3, 3, 32, 1},   {2, 84, 84, 9, 2},  {1, 3, 4, 9, 2}};
  for (std::int64_t width = 4; width < 20; ++width)
    cases.push_back({2, 9 - width % 3, width, 32, 1});
  for (std::int64_t width = 6; width < 34; width += 2) cases.push_back({1, 7, width, 9, 2});
  return cases;
}

struct Problem {
  torch::Tensor maps, weight, bias, gradient;  // weight and bias in float32
};

Problem MakeProblem(const Case& c, torch::ScalarType type) {
  const auto stride = c.stride;
  const auto random = [&](torch::IntArrayRef sizes, double scale) {
    return (torch::randn(sizes) * scale).to(type);
  };
  const auto last = torch::MemoryFormat::ChannelsLast;
  Problem p;
  p.maps = random({c.images, c.channels, c.height, c.width}, 1).contiguous(last);
  p.weight = torch::randn({32, c.channels, 3, 3}) * 0.1;
  p.bias = torch::randn({32});
  p.gradient = random({c.images, 32, (c.height - 3) / stride + 1, (c.width - 3) / stride + 1}, 1)
                   .contiguous(last);
  return p;
}

struct Results {
  torch::Tensor output;
  Conv3x3Gradients gradients;
};

Results Ours(const Problem& p, const Case& c) {
  Results results;
  results.output = Conv3x3Relu(p.maps, p.weight, p.bias, c.stride);
  results.gradients =
      Conv3x3ReluGradients(p.gradient, p.maps, results.output, p.weight, c.stride, c.stride == 1);
  return results;
}

// LibTorch's, by automatic differentiation, in `type`. `mask`: the output whose zeros stop
// gradients.
Results Theirs(const Problem& p, const Case& c, torch::ScalarType type, const torch::Tensor& mask) {
  const auto maps = p.maps.to(type).detach().requires_grad_(true);
  const auto weight = p.weight.to(type).detach().requires_grad_(true);
  const auto bias = p.bias.to(type).detach().requires_grad_(true);
  const auto sum = torch::conv2d(maps, weight, bias, c.stride);
  const auto gradient = p.gradient.to(type) * (mask > 0).to(type);
  const auto all = torch::autograd::grad({sum}, {maps, weight, bias}, {gradient});
  return {sum.detach().relu(), {all[0], all[1], all[2]}};
}

// The largest |a - b| in units of `scale`'s element: sums of the terms' absolute values.
double WorstError(const torch::Tensor& a, const torch::Tensor& b, const torch::Tensor& scale) {
  return ((a.to(torch::kFloat64) - b).abs() / (scale + 1e-30)).max().item<double>();
}

// For each result the sum of its terms' absolute values: what rounding errors are relative to.
Results Scales(const Problem& p, const Case& c, const torch::Tensor& mask) {
  const Problem absolute{p.maps.abs(), p.weight.abs(), p.bias.abs(), p.gradient.abs()};
  return Theirs(absolute, c, torch::kFloat64, mask);
}

class Conv3x3 : public testing::TestWithParam<torch::ScalarType> {
 protected:
  void SetUp() override {
    torch::manual_seed(7);
    const auto maps =
        torch::zeros({1, 32, 5, 5}, GetParam()).contiguous(torch::MemoryFormat::ChannelsLast);
    if (!CanConv3x3(maps, torch::zeros({32, 32, 3, 3}), 1)) {
      GTEST_SKIP() << (GetParam() == torch::kBFloat16 ? "no AVX512_BF16 here" : "no AVX2 here");
    }
  }
};

// Everything against float64. Each of n terms of a float32 sum may be rounded by half a step of
// 2^-24 a few times over; sums here are of up to 288 terms in order (forward, by maps: under
// 10 steps seen), and 3362 terms by weights. In bfloat16, weights and, with stride 1, what
// Winograd's algorithm makes of both factors are rounded to 8 bits besides, then outputs and
// gradients by maps: by 2^-9 of each (with stride 1 up to 3.2 x 2^-8 of all terms seen). By weights
// with stride 1 the algorithm mixes the nine places of a window, so errors are relative to the
// terms of all nine: up to 3.7 steps seen, in bfloat16 0.53 x 2^-8.
TEST_P(Conv3x3, EqualsFloat64) {
  const bool bfloat16 = GetParam() == torch::kBFloat16;
  const double step = std::ldexp(1.0, -24);
  for (const auto& c : Cases()) {
    const double rounding = bfloat16 ? std::ldexp(c.stride == 1 ? 4.0 : 2.0, -8) : 0.0;
    SCOPED_TRACE(testing::Message() << c.images << " x " << c.height << " x " << c.width << " x "
                                    << c.channels << ", stride " << c.stride);
    const auto p = MakeProblem(c, GetParam());
    ASSERT_TRUE(CanConv3x3(p.maps, p.weight, c.stride));
    const auto ours = Ours(p, c);
    const auto exact = Theirs(p, c, torch::kFloat64, ours.output);
    const auto scales = Scales(p, c, ours.output);
    EXPECT_EQ(ours.output.scalar_type(), GetParam());
    EXPECT_TRUE(ours.output.is_contiguous(torch::MemoryFormat::ChannelsLast));
    EXPECT_LT(WorstError(ours.output, exact.output, scales.output), 16 * step + rounding);
    auto scale = scales.gradients.weight;
    if (c.stride == 1) scale = scale.sum({2, 3}, /*keepdim=*/true);
    EXPECT_LT(WorstError(ours.gradients.weight, exact.gradients.weight, scale),
              c.stride == 1 ? 8 * step + rounding / 4 : 32 * step);
    EXPECT_LT(WorstError(ours.gradients.bias, exact.gradients.bias, scales.gradients.bias),
              32 * step);
    if (c.stride != 1) continue;
    EXPECT_EQ(ours.gradients.maps.scalar_type(), GetParam());
    EXPECT_LT(WorstError(ours.gradients.maps, exact.gradients.maps, scales.gradients.maps),
              16 * step + rounding);
  }
}

// On the encoder's second layer: the root of the mean square of the error against float64. In
// float32 both sum some hundred terms in other orders; in bfloat16 both round weights, maps and
// results, and Winograd's algorithm rounds them after its additions: for the gradient by weights
// all its factors, where LibTorch rounds the sum alone (2.0 times its error seen).
TEST_P(Conv3x3, IsAboutAsExactAsLibTorch) {
  const Case c{8, 41, 41, 32, 1};
  const auto p = MakeProblem(c, GetParam());
  const auto ours = Ours(p, c);
  const auto theirs = Theirs(p, c, GetParam(), ours.output);
  const auto exact = Theirs(p, c, torch::kFloat64, ours.output);
  const auto error = [](const torch::Tensor& a, const torch::Tensor& b) {
    return (a.to(torch::kFloat64) - b).norm().item<double>();
  };
  const double slack = 2.0;
  const double slack_by_weights = GetParam() == torch::kBFloat16 ? 3.0 : slack;
  EXPECT_LE(error(ours.output, exact.output), slack * error(theirs.output, exact.output));
  EXPECT_LE(error(ours.gradients.maps, exact.gradients.maps),
            slack * error(theirs.gradients.maps, exact.gradients.maps));
  EXPECT_LE(error(ours.gradients.weight, exact.gradients.weight),
            slack_by_weights * error(theirs.gradients.weight, exact.gradients.weight));
}

TEST_P(Conv3x3, NothingPassesWhereAllOutputsAreNegative) {
  const Case c{2, 9, 9, 32, 1};
  auto p = MakeProblem(c, GetParam());
  p.bias.fill_(-1e4);
  const auto ours = Ours(p, c);
  EXPECT_EQ(ours.output.abs().max().item<double>(), 0.0);
  EXPECT_EQ(ours.gradients.maps.abs().max().item<double>(), 0.0);
  EXPECT_EQ(ours.gradients.weight.abs().max().item<double>(), 0.0);
  EXPECT_EQ(ours.gradients.bias.abs().max().item<double>(), 0.0);
}

// As through LibTorch's relu: a run that has gone wrong must not look healthy.
TEST_P(Conv3x3, WhatIsNotANumberComesThrough) {
  const Case c{1, 6, 6, 32, 1};
  auto p = MakeProblem(c, GetParam());
  p.maps[0][3][2][2] = std::numeric_limits<double>::quiet_NaN();
  const auto ours = Ours(p, c);
  const auto wrong = ours.output.isnan()[0].to(torch::kInt64).sum({1, 2});
  EXPECT_TRUE((wrong == 9).all().item<bool>());
  EXPECT_TRUE(ours.gradients.weight.select(1, 3).isnan().all().item<bool>());
  EXPECT_FALSE(ours.gradients.weight.select(1, 4).isnan().any().item<bool>());
  EXPECT_FALSE(ours.gradients.maps.isnan().any().item<bool>());
}

TEST_P(Conv3x3, ThreadsDoNotChangeABit) {
  const auto threads = at::get_num_threads();
  const Case c{37, 12, 13, 32, 1};
  const auto p = MakeProblem(c, GetParam());
  at::set_num_threads(1);
  const auto one = Ours(p, c);
  for (const int count : {2, 3}) {
    at::set_num_threads(count);
    const auto more = Ours(p, c);
    EXPECT_TRUE(one.output.equal(more.output)) << count;
    EXPECT_TRUE(one.gradients.maps.equal(more.gradients.maps)) << count;
    EXPECT_TRUE(one.gradients.weight.equal(more.gradients.weight)) << count;
    EXPECT_TRUE(one.gradients.bias.equal(more.gradients.bias)) << count;
  }
  at::set_num_threads(threads);
}

// Scratch memory is used for image after image: nothing may stay from one to the next.
TEST_P(Conv3x3, ImagesDoNotTouchEachOther) {
  const Case c{3, 10, 11, 32, 1};
  const auto p = MakeProblem(c, GetParam());
  const auto all = Ours(p, c);
  for (std::int64_t i = 0; i < c.images; ++i) {
    const Problem alone{p.maps.slice(0, i, i + 1), p.weight, p.bias, p.gradient.slice(0, i, i + 1)};
    const auto one = Ours(alone, c);
    EXPECT_TRUE(one.output.equal(all.output.slice(0, i, i + 1)));
    EXPECT_TRUE(one.gradients.maps.equal(all.gradients.maps.slice(0, i, i + 1)));
  }
}

// A tensor's values before a page that may not be touched.
class Guarded {
 public:
  explicit Guarded(const torch::Tensor& from) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t bytes = from.nbytes(), room = (bytes + page - 1) / page * page;
    size_ = room + page;
    memory_ = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    auto* const begin = static_cast<char*>(memory_);
    EXPECT_EQ(::mprotect(begin + room, page, PROT_NONE), 0);
    tensor = torch::from_blob(begin + room - bytes, from.sizes(), from.strides(), from.options());
    tensor.copy_(from);
  }
  ~Guarded() { ::munmap(memory_, size_); }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  torch::Tensor tensor;

 private:
  void* memory_ = nullptr;
  std::size_t size_ = 0;
};

// Tiles are larger than what is left of an image's last row.
TEST_P(Conv3x3, NothingBehindTheImagesIsRead) {
  for (const auto& c : Cases()) {
    SCOPED_TRACE(testing::Message() << c.height << " x " << c.width << " x " << c.channels);
    const auto p = MakeProblem(c, GetParam());
    const auto expected = Ours(p, c);
    const Guarded maps(p.maps), gradient(p.gradient), output(expected.output);
    EXPECT_TRUE(Conv3x3Relu(maps.tensor, p.weight, p.bias, c.stride).equal(expected.output));
    const auto gradients = Conv3x3ReluGradients(gradient.tensor, maps.tensor, output.tensor,
                                                p.weight, c.stride, c.stride == 1);
    EXPECT_TRUE(gradients.weight.equal(expected.gradients.weight));
    EXPECT_TRUE(gradients.bias.equal(expected.gradients.bias));
    if (c.stride == 1) {
      EXPECT_TRUE(gradients.maps.equal(expected.gradients.maps));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Types, Conv3x3, testing::Values(torch::kFloat32, torch::kBFloat16),
                         [](const auto& type) -> std::string {
                           return type.param == torch::kFloat32 ? "float32" : "bfloat16";
                         });

// The same sums in the same order: a run may go on on the other kind of processor.
TEST(Conv3x3Kernels, GiveTheSameBitsWithAvx2AndAvx512) {
#ifdef __x86_64__
  if (!__builtin_cpu_supports("avx512bw") || !__builtin_cpu_supports("avx512vl")) {
    GTEST_SKIP() << "no AVX-512 here";
  }
  ASSERT_NE(conv3x3::kAvx512.forward, nullptr);
  ASSERT_NE(conv3x3::kAvx2.forward, nullptr);
  torch::manual_seed(3);
  for (const auto& c : {Case{1, 41, 39, 32, 1}, Case{1, 7, 60, 32, 1}, Case{1, 84, 84, 9, 2}}) {
    conv3x3::Shape shape;
    shape.height = c.height, shape.width = c.width, shape.channels = c.channels;
    shape.stride = c.stride, shape.depth = 3 * c.channels;
    shape.out_height = (c.height - 3) / c.stride + 1;
    shape.out_width = (c.width - 3) / c.stride + 1;
    const auto input = torch::randn({c.height, c.width, c.channels});
    const auto weights = torch::randn({conv3x3::kTransformed, 32, 32}), bias = torch::randn({32});
    const auto gradient = torch::randn({shape.out_height, shape.out_width, 32});
    std::vector<std::vector<torch::Tensor>> results;
    for (const auto* kernels : {&conv3x3::kAvx2, &conv3x3::kAvx512}) {
      auto output = torch::empty_like(gradient);
      kernels->forward(shape, input.data_ptr<float>(), weights.data_ptr<float>(),
                       bias.data_ptr<float>(), output.data_ptr<float>());
      auto by_input = torch::zeros({c.height, c.width, 32});
      auto by_weights = torch::zeros_like(weights), by_bias = torch::zeros({32});
      const auto size = static_cast<std::int64_t>(kernels->scratch_bytes(shape));
      const auto scratch = torch::zeros({size}, torch::kUInt8);  // aligned to 64 bytes
      kernels->backward(shape, gradient.data_ptr<float>(), input.data_ptr<float>(),
                        output.data_ptr<float>(), weights.data_ptr<float>(),
                        c.stride == 1 ? by_input.data_ptr<float>() : nullptr,
                        by_weights.data_ptr<float>(), by_bias.data_ptr<float>(),
                        static_cast<std::byte*>(scratch.data_ptr()));
      results.push_back({output, by_input, by_weights, by_bias});
    }
    for (std::size_t i = 0; i < results[0].size(); ++i) {
      EXPECT_TRUE(results[0][i].equal(results[1][i])) << c.width << ", result " << i;
    }
  }
#else
  GTEST_SKIP() << "no AVX-512 here";
#endif
}

TEST(CanConv3x3, RefusesWhatItHasNoKernelsFor) {
  const auto last = torch::MemoryFormat::ChannelsLast;
  const auto maps = torch::zeros({2, 32, 8, 8}).contiguous(last);
  const auto weight = torch::zeros({32, 32, 3, 3});
  EXPECT_FALSE(CanConv3x3(maps, weight, 2));
  EXPECT_FALSE(CanConv3x3(maps.contiguous(), weight, 1));
  EXPECT_FALSE(CanConv3x3(maps.to(torch::kFloat64), weight, 1));
  EXPECT_FALSE(CanConv3x3(maps, torch::zeros({16, 32, 3, 3}), 1));
  EXPECT_FALSE(CanConv3x3(maps.slice(0, 0, 0), weight, 1));
  EXPECT_FALSE(CanConv3x3(torch::zeros({2, 32, 2, 8}).contiguous(last), weight, 1));
  // A pair of bfloat16 would reach beyond the last row.
  const auto pixels = torch::zeros({1, 9, 9, 9}, torch::kBFloat16).contiguous(last);
  EXPECT_FALSE(CanConv3x3(pixels, torch::zeros({32, 9, 3, 3}), 2));
}

// The environment variable by which LibTorch itself keeps off vector instructions: CTest runs this
// case, and the encoder's, with and without it.
TEST(CanConv3x3, ObeysLibTorchsVariable) {
  const char* const capability = std::getenv("ATEN_CPU_CAPABILITY");
  if (capability == nullptr || std::string(capability) != "default") {
    GTEST_SKIP() << "ATEN_CPU_CAPABILITY is not default";
  }
  const auto maps = torch::zeros({2, 32, 8, 8}).contiguous(torch::MemoryFormat::ChannelsLast);
  EXPECT_FALSE(CanConv3x3(maps, torch::zeros({32, 32, 3, 3}), 1));
}

}  // namespace
}  // namespace curl_rl::encoders
