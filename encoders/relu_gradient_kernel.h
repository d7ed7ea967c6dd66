// The body of the CUDA kernel that takes a gradient back through ReLU and sums it for the bias, as
// plain functions: the GPU runs them a thread at a time (relu_gradient_cuda.cu), the tests run the
// same functions on the CPU.
//
// One pass over memory instead of three: by tensor operations the mask is one (two reads, a write)
// and the sum another (a read).
#pragma once

#include <cstdint>
#include <cstring>

#include "encoders/host_device.h"

namespace curl_rl::encoders {

/// What is to be done. Pointers are the device's; maps are channels last, that is [rows, channels].
struct ReluGradientProblem {
  const void* gradient;  // [rows, channels] by the output, 16-byte aligned
  const void* output;    // [rows, channels] of the ReLU, 16-byte aligned
  void* masked;          // [rows, channels] gradient where the output is positive, else 0
  float* partial;        // [channels, blocks] each block's sums of `masked` over its rows
  std::int64_t rows;     // images x height x width
  int channels;          // 16 bytes hold a divisor of them; at most 16 bytes x threads of a block
  int blocks;
};

/// The number in two bytes of a bfloat16, and in a float.
CURL_RL_HOST_DEVICE inline float AsFloat(std::uint16_t bits) {
  const std::uint32_t wide = static_cast<std::uint32_t>(bits) << 16;
  float value;
  std::memcpy(&value, &wide, sizeof(value));
  return value;
}
CURL_RL_HOST_DEVICE inline float AsFloat(float value) { return value; }

/// Sums of the channels that one thread looks at: as many as 16 bytes hold.
template <typename Scalar>
struct ReluGradientSums {
  static constexpr int kCount = 16 / static_cast<int>(sizeof(Scalar));
  float of[kCount];
};

/// Step 1 of thread `thread` of `threads` (a multiple of channels / kCount): masks its rows and
/// writes their sums into `staged`, float [threads, kCount].
template <typename Scalar>
CURL_RL_HOST_DEVICE void MaskAndSum(const ReluGradientProblem& p, int block, int thread,
                                    int threads, float* staged) {
  constexpr int kCount = ReluGradientSums<Scalar>::kCount;
  const int groups = p.channels / kCount;  // threads side by side along a row
  const int lanes = threads / groups;      // rows at a time
  const std::int64_t group = thread % groups;
  ReluGradientSums<Scalar> sums = {};
  const auto* gradient = static_cast<const Scalar*>(p.gradient);
  const auto* output = static_cast<const Scalar*>(p.output);
  auto* masked = static_cast<Scalar*>(p.masked);
  for (std::int64_t row = static_cast<std::int64_t>(block) * lanes + thread / groups; row < p.rows;
       row += static_cast<std::int64_t>(p.blocks) * lanes) {
    const std::int64_t at = row * p.channels + group * kCount;
    alignas(16) Scalar g[kCount];
    alignas(16) Scalar y[kCount];
#ifdef __CUDA_ARCH__
    *reinterpret_cast<uint4*>(g) = *reinterpret_cast<const uint4*>(gradient + at);
    *reinterpret_cast<uint4*>(y) = *reinterpret_cast<const uint4*>(output + at);
#pragma unroll
#else
    std::memcpy(g, gradient + at, sizeof(g));
    std::memcpy(y, output + at, sizeof(y));
#endif
    for (int i = 0; i < kCount; ++i) {
      // As threshold_backward has it: NaN passes.
      if (AsFloat(y[i]) <= 0.0f) g[i] = Scalar{0};
      sums.of[i] += AsFloat(g[i]);
    }
#ifdef __CUDA_ARCH__
    *reinterpret_cast<uint4*>(masked + at) = *reinterpret_cast<const uint4*>(g);
#else
    std::memcpy(masked + at, g, sizeof(g));
#endif
  }
  for (int i = 0; i < kCount; ++i) staged[thread * kCount + i] = sums.of[i];
}

/// Step 2, after all threads of the block have done step 1: always the same order of addition.
template <typename Scalar>
CURL_RL_HOST_DEVICE void SumBlock(const ReluGradientProblem& p, int block, int thread, int threads,
                                  const float* staged) {
  constexpr int kCount = ReluGradientSums<Scalar>::kCount;
  const int groups = p.channels / kCount;
  for (int channel = thread; channel < p.channels; channel += threads) {
    float sum = 0.0f;
    for (int lane = 0; lane < threads / groups; ++lane) {
      sum += staged[(lane * groups + channel / kCount) * kCount + channel % kCount];
    }
    p.partial[static_cast<std::int64_t>(channel) * p.blocks + block] = sum;
  }
}

}  // namespace curl_rl::encoders
