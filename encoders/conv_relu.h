// One layer of the encoder: relu(conv2d(maps, weight, bias)) with 3x3 kernels, differentiable.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace curl_rl::encoders {

/// `maps` float32 or bfloat16 [B, C, H, W], best channels last, on a GPU in bfloat16 with padded
/// pixels (replay/gather.h); `weight` float32 [F, C, 3, 3], `bias`
/// float32 [F]. No padding. Returns [B, F, H', W'] in the type of `maps`, channels last. Sums are
/// in float32. On the CPU by our own kernels where they can (conv3x3/conv3x3.h), on CUDA by cuDNN's
/// fused convolution and one kernel for ReLU's mask and the bias's gradient, else by LibTorch's
/// operations.
torch::Tensor ConvRelu(const torch::Tensor& maps, const torch::Tensor& weight,
                       const torch::Tensor& bias, std::int64_t stride);

/// A gradient taken back through ReLU, and its sum for the bias.
struct ReluGradient {
  torch::Tensor masked;  // [B, F, H, W] `gradient` where `output` is positive, else 0
  torch::Tensor bias;    // float32 [F], sums of `masked`
};

/// `gradient` by `output` of a ReLU, both [B, F, H, W]. One pass over memory on a CUDA device.
ReluGradient GradientOfRelu(const torch::Tensor& gradient, const torch::Tensor& output);

}  // namespace curl_rl::encoders
