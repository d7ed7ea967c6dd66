// The decoder's last layer: a transposed convolution of stride 2, from maps to pixels.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace curl_rl::encoders {

/// conv_transpose2d(maps, weight, bias, stride 2, output_padding) in float32: `maps` [B, C, H, W]
/// in any floating type, `weight` float32 [C, out, 3, 3], `bias` float32 [out]; returns float32
/// [B, out, 2 H + 1 + output_padding, 2 W + 1 + output_padding]. On the CPU by products over a few
/// images at a time, channels last, about twice as fast as LibTorch's with its gradients
/// (docs/performance.md); the bits do not depend on the number of threads.
torch::Tensor StridedDeconv(const torch::Tensor& maps, const torch::Tensor& weight,
                            const torch::Tensor& bias, std::int64_t output_padding);

}  // namespace curl_rl::encoders
