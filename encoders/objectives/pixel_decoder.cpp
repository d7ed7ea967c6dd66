// Transposed convolutions that end at the size that the encoder began with.
#include "encoders/objectives/pixel_decoder.h"

#include <torch/autograd.h>
#include <torch/utils.h>

#include <cmath>

#include "encoders/conv3x3/conv3x3.h"
#include "encoders/conv_relu.h"
#include "encoders/initialization.h"
#include "encoders/strided_deconv.h"

namespace curl_rl::encoders {
namespace {

constexpr std::int64_t kDeconvKernel = 3;

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

// What LibTorch convolves `maps` in: on the CPU its bfloat16 is slower than its float32, or
// emulated.
torch::ScalarType LibTorchsType(const torch::Tensor& maps) {
  return maps.is_cuda() ? maps.scalar_type() : torch::kFloat32;
}

// relu(conv_transpose2d(maps, weight, bias)), stride 1: where our own kernels can, the convolution,
// by the window turned round, of the maps within two rows and columns of zeros.
torch::Tensor DeconvRelu(const torch::Tensor& maps, const torch::Tensor& weight,
                         const torch::Tensor& bias) {
  const auto turned = weight.flip({2, 3}).transpose(0, 1);
  if (CanConv3x3(maps, turned, /*stride=*/1)) {
    constexpr std::int64_t kPad = kDeconvKernel - 1;
    const auto padded = torch::constant_pad_nd(maps, {kPad, kPad, kPad, kPad});
    return ConvRelu(padded, turned, bias, /*stride=*/1);
  }
  const auto dtype = LibTorchsType(maps);
  return torch::conv_transpose2d(maps.to(dtype), weight.to(dtype), bias.to(dtype)).relu();
}

class SquaredErrorFunction : public torch::autograd::Function<SquaredErrorFunction> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context,
                               const torch::Tensor& decoded, const torch::Tensor& target) {
    const auto apart = decoded - target;
    context->save_for_backward({apart});
    return apart.square().mean();
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto apart = context->get_saved_variables()[0];
    return {apart * (gradients[0] * (2.0 / static_cast<double>(apart.numel()))), torch::Tensor()};
  }
};

}  // namespace

torch::Tensor SquaredError(const torch::Tensor& decoded, const torch::Tensor& target) {
  return SquaredErrorFunction::apply(decoded, target);
}

PixelDecoderImpl::PixelDecoderImpl(const EncoderOptions& options, const at::Generator& stream)
    : options_(options) {
  const auto side = MapSide(options);
  linear_ = register_module(
      "linear", torch::nn::Linear(options.feature_dim, options.num_filters * side * side));
  InitLinear(linear_, stream);
  for (std::int64_t layer = options.num_layers - 1; layer >= 0; --layer) {
    const auto out = layer == 0 ? options.channels : options.num_filters;
    torch::nn::ConvTranspose2d deconv(
        torch::nn::ConvTranspose2dOptions(options.num_filters, out, kDeconvKernel));
    InitDeconv(deconv, options.conv_init, stream);
    deconvs_->push_back(deconv);
  }
  register_module("deconvs", deconvs_);
}

// Channels last, as the encoder's maps: it is the linear's rows that are put into another order.
torch::Tensor PixelDecoderImpl::forward(const torch::Tensor& features) {
  const auto side = MapSide(options_);
  const auto filters = options_.num_filters;
  const auto weight =
      linear_->weight.view({filters, side * side, -1}).transpose(0, 1).flatten(0, 1);
  const auto bias = linear_->bias.view({filters, side * side}).t().flatten();
  auto maps = torch::linear(features, weight, bias)
                  .relu()
                  .view({-1, side, side, filters})
                  .permute({0, 3, 1, 2})
                  .to(options_.precision);
  for (std::size_t layer = 0; layer + 1 < deconvs_->size(); ++layer) {
    const auto& deconv = *deconvs_[layer]->as<torch::nn::ConvTranspose2d>();
    maps = DeconvRelu(maps, deconv.weight, deconv.bias);
  }
  const auto& last = *deconvs_[deconvs_->size() - 1]->as<torch::nn::ConvTranspose2d>();
  // The encoder's first layer has stride 2: of two sizes that give the same maps, the one it saw.
  const auto rest = options_.image_size - 2 * maps.size(2) - 1;
  return StridedDeconv(maps, last.weight, last.bias, /*output_padding=*/rest);
}

}  // namespace curl_rl::encoders
