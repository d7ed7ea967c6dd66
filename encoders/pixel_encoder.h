// The encoder: convolutions, then a projection to a small feature vector.
//
//   pixels [B, C, S, S] --ConvStack--> maps [B, maps_size] --Projection--> features [B,
//   feature_dim]
//
// The two halves are separate modules because CURL shares the first and not the second: the actor
// looks at the encoder's maps (detached) through a projection of its own.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <cstdint>

#include "encoders/encoder_config.h"

namespace curl_rl::encoders {

struct EncoderOptions {
  std::int64_t channels = 9;  // of the input: frame_stack x channels of a frame; 0: no pixels
  std::int64_t image_size = 84;
  std::int64_t num_layers = 4;
  std::int64_t num_filters = 32;
  std::int64_t feature_dim = 50;
  ConvInit conv_init = ConvInit::kDeltaOrthogonal;
  bool tanh = false;                              // after the LayerNorm (SAC+AE and DrQ have it)
  double input_offset = 0.0;                      // added to pixels in [0, 1]
  torch::ScalarType precision = torch::kFloat32;  // of convolutions and large products
};

/// Side length of the last convolution's maps: the first has stride 2, the others 1, all 3x3
/// without padding. Throws std::invalid_argument if the image is too small for so many layers.
std::int64_t MapSide(const EncoderOptions& options);

/// 3x3 convolutions with ReLU. Parameters are float32 whatever the precision.
class ConvStackImpl : public torch::nn::Module {
 public:
  ConvStackImpl(const EncoderOptions& options, const at::Generator& stream);

  /// `pixels`: uint8 [B, C, S, S] holding 0..255, or floating and already divided by 255. Returns
  /// [B, num_filters * side * side] in `precision`. The order of a row is (row, column, filter):
  /// the memory order of channels-last maps, so that flattening copies nothing.
  torch::Tensor forward(const torch::Tensor& pixels);

 private:
  EncoderOptions options_;
  torch::nn::ModuleList convs_;
};
TORCH_MODULE(ConvStack);

/// Linear, LayerNorm (eps 1e-5, affine), and tanh if asked for. Gives float32.
class ProjectionImpl : public torch::nn::Module {
 public:
  ProjectionImpl(const EncoderOptions& options, const at::Generator& stream);

  /// `maps` [B, maps_size] to float32 [B, feature_dim].
  torch::Tensor forward(const torch::Tensor& maps);

 private:
  EncoderOptions options_;
  torch::nn::Linear linear_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
};
TORCH_MODULE(Projection);

/// Both halves. With `channels` 0 (state vectors) it has no parameters and both are the identity,
/// so that an agent on state vectors runs the same code.
class PixelEncoderImpl : public torch::nn::Module {
 public:
  PixelEncoderImpl(const EncoderOptions& options, const at::Generator& stream);

  torch::Tensor Maps(const torch::Tensor& observation);
  torch::Tensor Features(const torch::Tensor& maps);
  torch::Tensor forward(const torch::Tensor& observation) { return Features(Maps(observation)); }

  /// The parameters of the convolutions alone; empty for state vectors.
  std::vector<torch::Tensor> ConvParameters() const;

 private:
  ConvStack convs_{nullptr};
  Projection projection_{nullptr};
};
TORCH_MODULE(PixelEncoder);

}  // namespace curl_rl::encoders
