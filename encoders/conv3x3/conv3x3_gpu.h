// The layer's kernels for a GPU, behind the functions of conv3x3.h.
#pragma once

#include "encoders/conv3x3/conv3x3.h"

namespace curl_rl::encoders {

/// Whether the functions below can be used: bfloat16 maps [B, C, H, W], channels last, on a GPU
/// with tensor cores for them (compute capability 8.0); 32 filters of 3x3 in float32; C = 32 and
/// stride 1, or 16 channels in memory, of which the weight may know fewer (the others are zeros),
/// and stride 2. False in a build without nvcc.
bool CanConv3x3OnGpu(const torch::Tensor& maps, const torch::Tensor& weight, std::int64_t stride);

/// As Conv3x3Relu and Conv3x3ReluGradients. The bits are the same whenever it is run.
torch::Tensor Conv3x3ReluOnGpu(const torch::Tensor& maps, const torch::Tensor& weight,
                               const torch::Tensor& bias, std::int64_t stride);
Conv3x3Gradients Conv3x3ReluGradientsOnGpu(const torch::Tensor& gradient, const torch::Tensor& maps,
                                           const torch::Tensor& output, const torch::Tensor& weight,
                                           std::int64_t stride, bool by_maps);

}  // namespace curl_rl::encoders
