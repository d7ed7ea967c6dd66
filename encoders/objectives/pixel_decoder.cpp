// Transposed convolutions that end at the size that the encoder began with.
#include "encoders/objectives/pixel_decoder.h"

#include <torch/utils.h>

#include <cmath>

#include "encoders/initialization.h"

namespace curl_rl::encoders {
namespace {

constexpr std::int64_t kKernel = 3;

void InitDeconv(torch::nn::ConvTranspose2d& deconv, ConvInit scheme, const at::Generator& stream) {
  torch::NoGradGuard no_grad;
  const double gain = std::sqrt(2.0);  // of ReLU; of the last layer too, as in the reference
  // The weight is [in, out, 3, 3].
  if (scheme == ConvInit::kDeltaOrthogonal) {
    InitDeltaOrthogonal(deconv->weight, gain, stream);
  } else {
    InitOrthogonal(deconv->weight, gain, stream);
  }
  deconv->bias.zero_();
}

}  // namespace

PixelDecoderImpl::PixelDecoderImpl(const EncoderOptions& options, const at::Generator& stream)
    : options_(options) {
  const auto side = MapSide(options);
  linear_ = register_module(
      "linear", torch::nn::Linear(options.feature_dim, options.num_filters * side * side));
  InitLinear(linear_, stream);
  for (std::int64_t layer = options.num_layers - 1; layer >= 0; --layer) {
    const auto out = layer == 0 ? options.channels : options.num_filters;
    torch::nn::ConvTranspose2d deconv(
        torch::nn::ConvTranspose2dOptions(options.num_filters, out, kKernel));
    InitDeconv(deconv, options.conv_init, stream);
    deconvs_->push_back(deconv);
  }
  register_module("deconvs", deconvs_);
}

torch::Tensor PixelDecoderImpl::forward(const torch::Tensor& features) {
  const auto dtype = features.is_cuda() ? options_.precision : torch::kFloat32;
  const auto side = MapSide(options_);
  auto maps = linear_(features).relu().view({-1, options_.num_filters, side, side}).to(dtype);
  for (std::size_t layer = 0; layer < deconvs_->size(); ++layer) {
    const auto& deconv = *deconvs_[layer]->as<torch::nn::ConvTranspose2d>();
    const bool last = layer + 1 == deconvs_->size();
    // The encoder's first layer has stride 2: of two sizes that give the same maps, the one it saw.
    const auto rest = last ? options_.image_size - 2 * maps.size(2) - 1 : 0;
    maps = torch::conv_transpose2d(maps, deconv.weight.to(dtype), deconv.bias.to(dtype),
                                   /*stride=*/last ? 2 : 1, /*padding=*/0, /*output_padding=*/rest);
    if (!last) maps = maps.relu();
  }
  return maps.to(torch::kFloat32);
}

}  // namespace curl_rl::encoders
