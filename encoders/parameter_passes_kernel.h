// The bodies of the CUDA kernels that pass over all parameters of a step in one launch: Adam's step
// and the momentum update. Plain functions, which the tests run on the CPU.
//
// LibTorch's fused kernels give 65,536 numbers to a block: 30 blocks for the encoder's projection,
// a quarter of an H100's processors. Here a block has 4,096.
#pragma once

#include <cmath>
#include <cstdint>

#include "encoders/host_device.h"

namespace curl_rl::encoders {

constexpr int kPassThreads = 256;
constexpr int kPassChunk = 4096;  // numbers of a block
constexpr int kPassTensors = 40;  // of a launch: its arguments have room for 4 kB

/// One parameter of Adam's step: contiguous float32 of `size` numbers each.
struct AdamTensor {
  float* value;
  const float* gradient;
  float* exp_avg;
  float* exp_avg_sq;
  const float* steps;  // taken, this one counted
  std::int64_t size;
  float lr, weight_decay;
  int first_block;
};
struct AdamPass {
  AdamTensor tensors[kPassTensors];
  int count;
  double beta1, beta2, eps;
};

/// One parameter of the momentum update: slow <- (1 - tau) * slow + tau * online.
struct MomentumTensor {
  float* slow;
  const float* online;
  std::int64_t size;
  int first_block;
};
struct MomentumPass {
  MomentumTensor tensors[kPassTensors];
  int count;
  float tau;
};

/// How many blocks `size` numbers take.
CURL_RL_HOST_DEVICE inline int PassBlocks(std::int64_t size) {
  return static_cast<int>((size + kPassChunk - 1) / kPassChunk);
}

/// Whose block `block` is: tensors are in the order of their first blocks.
template <typename Pass>
CURL_RL_HOST_DEVICE int TensorOfBlock(const Pass& pass, int block) {
  int tensor = 0;
  while (tensor + 1 < pass.count && pass.tensors[tensor + 1].first_block <= block) ++tensor;
  return tensor;
}

/// What is the same for all numbers of a parameter.
struct AdamConstants {
  float step_size, sqrt_correction2;
};
CURL_RL_HOST_DEVICE inline AdamConstants ConstantsOf(const AdamPass& pass,
                                                     const AdamTensor& tensor) {
  const double step = *tensor.steps;
  AdamConstants constants;
  constants.step_size = static_cast<float>(tensor.lr / (1.0 - pow(pass.beta1, step)));
  constants.sqrt_correction2 = static_cast<float>(sqrt(1.0 - pow(pass.beta2, step)));
  return constants;
}

/// Calls `one(i)` for the numbers that thread `thread` has of block `block`, which begins at
/// `first_block` of `size` numbers.
template <typename One>
CURL_RL_HOST_DEVICE void EachNumber(std::int64_t size, int block, int first_block, int thread,
                                    const One& one) {
  const std::int64_t begin = static_cast<std::int64_t>(block - first_block) * kPassChunk;
#ifdef __CUDA_ARCH__
#pragma unroll 4
#endif
  for (int k = 0; k < kPassChunk; k += kPassThreads) {
    const std::int64_t i = begin + k + thread;
    if (i < size) one(i);
  }
}

CURL_RL_HOST_DEVICE inline void AdamNumbers(const AdamPass& pass, const AdamTensor& t,
                                            const AdamConstants& c, int block, int thread) {
  const auto beta1 = static_cast<float>(pass.beta1);
  const auto beta2 = static_cast<float>(pass.beta2);
  const auto rest1 = static_cast<float>(1.0 - pass.beta1);
  const auto rest2 = static_cast<float>(1.0 - pass.beta2);
  const auto eps = static_cast<float>(pass.eps);
  EachNumber(t.size, block, t.first_block, thread, [&](std::int64_t i) {
    const float value = t.value[i];
    const float g = t.gradient[i] + t.weight_decay * value;
    const float m = t.exp_avg[i] * beta1 + g * rest1;
    const float v = t.exp_avg_sq[i] * beta2 + g * g * rest2;
    t.exp_avg[i] = m;
    t.exp_avg_sq[i] = v;
    t.value[i] = value - c.step_size * m / (sqrtf(v) / c.sqrt_correction2 + eps);
  });
}

CURL_RL_HOST_DEVICE inline void MomentumNumbers(const MomentumPass& pass, int block, int thread) {
  const auto& t = pass.tensors[TensorOfBlock(pass, block)];
  EachNumber(t.size, block, t.first_block, thread, [&](std::int64_t i) {
    t.slow[i] = t.slow[i] * (1.0f - pass.tau) + t.online[i] * pass.tau;
  });
}

}  // namespace curl_rl::encoders
