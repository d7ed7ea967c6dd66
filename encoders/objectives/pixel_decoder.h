// The decoder: features back to pixels, the encoder's layers in reverse (SAC+AE: Yarats et al.
// 2021).
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/linear.h>

#include "encoders/pixel_encoder.h"

namespace curl_rl::encoders {

/// Linear with ReLU to the encoder's last maps, then its convolutions transposed: 3x3 with ReLU,
/// stride 1, the last with stride 2 and no ReLU. Initial weights as the encoder's. Parameters are
/// float32; convolutions are in `options.precision`, but for those of LibTorch's on the CPU, which
/// are in float32: the last, and where our own kernels (conv3x3.h) cannot.
class PixelDecoderImpl : public torch::nn::Module {
 public:
  PixelDecoderImpl(const EncoderOptions& options, const at::Generator& stream);

  /// `features` [B, feature_dim] to float32 [B, channels, image_size, image_size].
  torch::Tensor forward(const torch::Tensor& features);

 private:
  EncoderOptions options_;
  torch::nn::Linear linear_{nullptr};  // rows (filter, row, column), as the reference has them
  torch::nn::ModuleList deconvs_;
};
TORCH_MODULE(PixelDecoder);

/// mean (decoded - target)^2, a scalar; both float [B, C, H, W]. The gradient by `decoded` lies in
/// memory as `decoded` does, where mse_loss's is always channels first; there is none by `target`.
torch::Tensor SquaredError(const torch::Tensor& decoded, const torch::Tensor& target);

}  // namespace curl_rl::encoders
