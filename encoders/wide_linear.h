// The projection's linear layer: many inputs, few outputs.
#pragma once

#include <torch/types.h>

namespace curl_rl::encoders {

/// maps weight^T + bias in the type of `maps`: `maps` [B, in], `weight` float32 [out, in], `bias`
/// float32 [out]; returns [B, out]. On a GPU in bfloat16 the product has a multiple of 8 outputs,
/// the last of them zeros: matrix units read aligned rows only, and 50 columns take three times as
/// long as 56 (docs/cuda.md).
torch::Tensor WideLinear(const torch::Tensor& maps, const torch::Tensor& weight,
                         const torch::Tensor& bias);

}  // namespace curl_rl::encoders
