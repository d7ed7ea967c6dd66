// relu(conv2d(maps, weight, bias)) and its gradients for the encoder's own shapes, about twice as
// fast as LibTorch's (docs/performance.md). Sums are in float32, also of bfloat16 maps.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace curl_rl::encoders {

/// Whether the functions below can be used: maps float32 or bfloat16 [B, C, H, W], channels last,
/// on a CPU with AVX-512 or AVX2 (for bfloat16 with AVX512_BF16, faster with AMX_BF16); 32 filters
/// of 3x3; C = 32 and stride 1, or C = 9 and stride 2. ATEN_CPU_CAPABILITY in the environment keeps
/// off what it keeps LibTorch off: "avx512" AMX, "avx2" AVX-512 too, "default" all of it. On a GPU
/// as conv3x3_gpu.h says.
bool CanConv3x3(const torch::Tensor& maps, const torch::Tensor& weight, std::int64_t stride);

/// `weight` [32, C, 3, 3] and `bias` [32] in float32. Returns [B, 32, H', W'] in
/// the type of `maps`, channels last. The bits do not depend on the number of threads.
torch::Tensor Conv3x3Relu(const torch::Tensor& maps, const torch::Tensor& weight,
                          const torch::Tensor& bias, std::int64_t stride);

struct Conv3x3Gradients {
  torch::Tensor maps;    // [B, C, H, W] in their type, channels last; undefined if not wanted
  torch::Tensor weight;  // [32, C, 3, 3] float32
  torch::Tensor bias;    // [32] float32
};

/// The gradients where `gradient` is that by `output` = Conv3x3Relu(maps, weight, ..., stride), in
/// its type. That by the maps is given for stride 1 only. The bits do not depend on the number of
/// threads.
Conv3x3Gradients Conv3x3ReluGradients(const torch::Tensor& gradient, const torch::Tensor& maps,
                                      const torch::Tensor& output, const torch::Tensor& weight,
                                      std::int64_t stride, bool by_maps);

}  // namespace curl_rl::encoders
