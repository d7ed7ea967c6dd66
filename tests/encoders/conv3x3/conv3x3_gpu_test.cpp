// The bodies of the layer's CUDA kernels, played on the CPU thread by thread, beside plain loops.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "encoders/conv3x3/conv3x3_gpu_kernels.h"
#include "tests/encoders/conv3x3/played_block.h"

namespace curl_rl::encoders::gpu {
namespace {

using Bits = std::vector<std::uint16_t>;

struct Case {
  int inputs, channels, stride, images, height, width, rows, blocks, warps;
};

// Numbers and shapes of one layer; what is missing of `inputs` is zeros.
struct Layer {
  explicit Layer(const Case& c) {
    p.images = c.images;
    p.height = c.height;
    p.width = c.width;
    p.out_height = (c.height - 3) / c.stride + 1;
    p.out_width = (c.width - 3) / c.stride + 1;
    p.channels = c.channels;
    p.rows = c.rows;
    p.blocks = c.blocks;
    maps = Random(static_cast<std::size_t>(c.images * c.height * c.width * c.inputs));
    for (std::size_t i = 0; i < maps.size(); ++i) {
      if (static_cast<int>(i) % c.inputs >= c.channels) maps[i] = 0;
    }
    const auto outputs = static_cast<std::size_t>(c.images * p.out_height * p.out_width * kFilters);
    gradient = Random(outputs);
    output = Random(outputs);  // half of it let nothing through
    std::normal_distribution<float> normal(0.0f, 0.2f);
    weight.resize(static_cast<std::size_t>(kFilters * c.channels * kTaps));
    for (auto& w : weight) w = normal(random);
    bias.resize(kFilters);
    for (auto& b : bias) b = normal(random);
    by_maps.assign(static_cast<std::size_t>(c.images * c.height * c.width * kFilters), 0x7fc0);
    by_weight.assign(weight.size(), std::nanf(""));
    by_bias.assign(kFilters, std::nanf(""));
    partial.assign(static_cast<std::size_t>(c.blocks * (kTaps * kFilters * c.inputs + kFilters)),
                   std::nanf(""));
    p.maps = maps.data();
    p.weight = weight.data();
    p.bias = bias.data();
    p.output = output.data();
    p.gradient = gradient.data();
    p.by_maps = by_maps.data();
    p.partial = partial.data();
    p.by_weight = by_weight.data();
    p.by_bias = by_bias.data();
  }

  Bits Random(std::size_t count) {
    std::normal_distribution<float> normal;
    Bits bits(count + 8);
    // What vectors of two bytes are not: 16-byte aligned.
    bits.resize(count);
    for (auto& b : bits) b = ToBFloat16(normal(random));
    return bits;
  }

  std::mt19937 random{7};
  ConvProblem p{};
  Bits maps, output, gradient, by_maps;
  std::vector<float> weight, bias, partial, by_weight, by_bias;
};

// Shared memory begins as numbers that no result may take in.
template <typename Body>
void Play(int blocks, int threads, const Body& body) {
  PlayedThreads all(threads);
  for (int index = 0; index < blocks; ++index) {
    alignas(16) static char shared[200 * 1024];
    std::memset(shared, 0xff, sizeof(shared));
    all.Run([&](int thread) {
      PlayedBlock block(all, thread, threads, index);
      body(block, shared);
    });
  }
}

float Value(const Bits& bits, std::int64_t at) {
  return FromBFloat16(bits[static_cast<std::size_t>(at)]);
}
float Rounded(float value) { return FromBFloat16(ToBFloat16(value)); }

std::int64_t At(int image, int y, int x, int height, int width, int channels) {
  return ((static_cast<std::int64_t>(image) * height + y) * width + x) * channels;
}

template <int kInputs, int kStride>
void ExpectForward(const Case& c) {
  Layer layer(c);
  const auto& p = layer.p;
  const Bits before = layer.output;
  Play(c.blocks, 32 * c.warps,
       [&](PlayedBlock& block, char* shared) { Forward<kInputs, kStride>(block, p, shared); });
  for (int n = 0; n < p.images; ++n) {
    for (int y = 0; y < p.out_height; ++y) {
      for (int x = 0; x < p.out_width; ++x) {
        for (int f = 0; f < kFilters; ++f) {
          double sum = layer.bias[static_cast<std::size_t>(f)];
          double size = std::abs(sum);
          for (int i = 0; i < c.channels; ++i) {
            for (int t = 0; t < kTaps; ++t) {
              const double term =
                  static_cast<double>(Value(
                      layer.maps,
                      At(n, y * kStride + t / 3, x * kStride + t % 3, p.height, p.width, kInputs) +
                          i)) *
                  static_cast<double>(Rounded(
                      layer.weight[static_cast<std::size_t>((f * c.channels + i) * kTaps + t)]));
              sum += term;
              size += std::abs(term);
            }
          }
          const double expected = std::max(sum, 0.0);
          const double got =
              Value(layer.output, At(n, y, x, p.out_height, p.out_width, kFilters) + f);
          ASSERT_NEAR(got, expected, expected / 250 + size * 1e-6)
              << n << " " << y << " " << x << " " << f;
        }
      }
    }
  }
}

float Masked(const Layer& layer, int n, int y, int x, int f) {
  const auto& p = layer.p;
  if (y < 0 || y >= p.out_height || x < 0 || x >= p.out_width) return 0.0f;
  const auto at = At(n, y, x, p.out_height, p.out_width, kFilters) + f;
  return Value(layer.output, at) <= 0.0f ? 0.0f : Value(layer.gradient, at);
}

void ExpectByMaps(const Case& c) {
  Layer layer(c);
  const auto& p = layer.p;
  Play(c.blocks, 32 * c.warps, [&](PlayedBlock& block, char* shared) { ByMaps(block, p, shared); });
  for (int n = 0; n < p.images; ++n) {
    for (int y = 0; y < p.height; ++y) {
      for (int x = 0; x < p.width; ++x) {
        for (int i = 0; i < kFilters; ++i) {
          double sum = 0.0, size = 0.0;
          for (int f = 0; f < kFilters; ++f) {
            for (int t = 0; t < kTaps; ++t) {
              const double term =
                  static_cast<double>(Masked(layer, n, y - t / 3, x - t % 3, f)) *
                  static_cast<double>(Rounded(
                      layer.weight[static_cast<std::size_t>((f * kFilters + i) * kTaps + t)]));
              sum += term;
              size += std::abs(term);
            }
          }
          const double got = Value(layer.by_maps, At(n, y, x, p.height, p.width, kFilters) + i);
          ASSERT_NEAR(got, sum, std::abs(sum) / 250 + size * 1e-6)
              << n << " " << y << " " << x << " " << i;
        }
      }
    }
  }
}

template <int kInputs, int kStride>
void ExpectByWeight(const Case& c) {
  Layer layer(c);
  const auto& p = layer.p;
  Play(c.blocks, 32 * kWeightWarps,
       [&](PlayedBlock& block, char* shared) { ByWeight<kInputs, kStride>(block, p, shared); });
  constexpr int kNumbers = kTaps * kFilters * kInputs + kFilters;
  Play((kNumbers + kSumColumns - 1) / kSumColumns, kSumThreads,
       [&](PlayedBlock& block, char* shared) { SumOfBlocks<kInputs>(block, p, shared); });
  for (int f = 0; f < kFilters; ++f) {
    double bias = 0.0, bias_size = 0.0;
    for (int n = 0; n < p.images; ++n) {
      for (int y = 0; y < p.out_height; ++y) {
        for (int x = 0; x < p.out_width; ++x) {
          bias += Masked(layer, n, y, x, f);
          bias_size += std::abs(Masked(layer, n, y, x, f));
        }
      }
    }
    ASSERT_NEAR(layer.by_bias[static_cast<std::size_t>(f)], bias, bias_size * 1e-5) << f;
    for (int i = 0; i < c.channels; ++i) {
      for (int t = 0; t < kTaps; ++t) {
        double sum = 0.0, size = 0.0;
        for (int n = 0; n < p.images; ++n) {
          for (int y = 0; y < p.out_height; ++y) {
            for (int x = 0; x < p.out_width; ++x) {
              const double term = static_cast<double>(Masked(layer, n, y, x, f)) *
                                  static_cast<double>(Value(
                                      layer.maps, At(n, y * kStride + t / 3, x * kStride + t % 3,
                                                     p.height, p.width, kInputs) +
                                                      i));
              sum += term;
              size += std::abs(term);
            }
          }
        }
        ASSERT_NEAR(layer.by_weight[static_cast<std::size_t>((f * c.channels + i) * kTaps + t)],
                    sum, size * 1e-5)
            << f << " " << i << " " << t;
      }
    }
  }
}

// Strips that do and do not divide the height, more and fewer blocks than strips, other warps,
// heights that are not the width.
const std::vector<Case> kLayers = {
    {32, 32, 1, 2, 9, 11, 4, 3, 2}, {32, 32, 1, 1, 13, 8, 8, 1, 3}, {32, 32, 1, 3, 7, 7, 5, 5, 7}};
const std::vector<Case> kFirstLayers = {{16, 9, 2, 2, 15, 21, 3, 2, 2},
                                        {16, 12, 2, 1, 20, 16, 4, 3, 4},
                                        {16, 16, 2, 1, 12, 13, 8, 1, 1}};

TEST(Conv3x3OnTheGpu, ForwardEqualsPlainLoops) {
  for (const auto& c : kLayers) ExpectForward<32, 1>(c);
  for (const auto& c : kFirstLayers) ExpectForward<16, 2>(c);
}

TEST(Conv3x3OnTheGpu, GradientByMapsEqualsPlainLoops) {
  for (const auto& c : kLayers) ExpectByMaps(c);
}

TEST(Conv3x3OnTheGpu, GradientsByWeightAndBiasEqualPlainLoops) {
  for (const auto& c : kLayers) ExpectByWeight<32, 1>(c);
  for (const auto& c : kFirstLayers) ExpectByWeight<16, 2>(c);
}

TEST(Conv3x3OnTheGpu, NanStaysAndLetsTheGradientPass) {
  Layer layer(kLayers[0]);
  layer.maps[0] = 0x7fc0;
  Play(1, 64, [&](PlayedBlock& block, char* shared) {
    auto p = layer.p;
    p.blocks = 1;
    Forward<32, 1>(block, p, shared);
  });
  EXPECT_TRUE(std::isnan(Value(layer.output, 0)));
  EXPECT_FALSE(std::isnan(Value(layer.output, 10 * kFilters)));
  const float passed = Value(layer.gradient, 0);
  std::uint32_t words[4];
  PlayedThreads all(32);
  PlayedBlock block(all, 0, 32, 0);
  ReadMasked(block, layer.p, 0, words);
  EXPECT_EQ(FromBFloat16(words[0] & 0xffffu), passed);
}

TEST(Conv3x3OnTheGpu, BFloat16IsRoundedToTheNearestTiesToEven) {
  EXPECT_EQ(ToBFloat16(1.0f), 0x3f80);
  EXPECT_EQ(ToBFloat16(1.0f + 1.0f / 256), 0x3f80);  // half way, down to even
  EXPECT_EQ(ToBFloat16(1.0f + 3.0f / 256), 0x3f82);  // half way, up to even
  EXPECT_EQ(ToBFloat16(1.0f + 1.01f / 256), 0x3f81);
  EXPECT_EQ(ToBFloat16(-std::numeric_limits<float>::infinity()), 0xff80);
  EXPECT_TRUE(std::isnan(FromBFloat16(ToBFloat16(std::nanf("")))));
}

}  // namespace
}  // namespace curl_rl::encoders::gpu
