// The encoder: its parameters and how they are laid out.
#include "encoders/pixel_encoder.h"

#include <stdexcept>

#include "encoders/conv_relu.h"
#include "encoders/initialization.h"
#include "encoders/wide_linear.h"

namespace curl_rl::encoders {
namespace {

constexpr std::int64_t kKernel = 3;

std::int64_t Stride(std::int64_t layer) { return layer == 0 ? 2 : 1; }

}  // namespace

std::int64_t MapSide(const EncoderOptions& options) {
  std::int64_t side = options.image_size;
  for (std::int64_t layer = 0; layer < options.num_layers; ++layer) {
    side = side < kKernel ? 0 : (side - kKernel) / Stride(layer) + 1;
  }
  if (side < 1 || options.num_layers < 1) {
    throw std::invalid_argument(
        "num_layers: got " + std::to_string(options.num_layers) + " for images of " +
        std::to_string(options.image_size) +
        " pixels a side; allowed: at least 1, and few enough to leave a map of 1 pixel");
  }
  return side;
}

ConvStackImpl::ConvStackImpl(const EncoderOptions& options, const at::Generator& stream)
    : options_(options) {
  std::int64_t channels = options.channels;
  for (std::int64_t layer = 0; layer < options.num_layers; ++layer) {
    torch::nn::Conv2d conv(
        torch::nn::Conv2dOptions(channels, options.num_filters, kKernel).stride(Stride(layer)));
    InitConv(conv, options.conv_init, stream);
    convs_->push_back(conv);
    channels = options.num_filters;
  }
  register_module("convs", convs_);
}

torch::Tensor ConvStackImpl::forward(const torch::Tensor& pixels) {
  const auto dtype = options_.precision;
  auto maps = pixels;
  if (pixels.scalar_type() == torch::kUInt8) maps = maps.to(torch::kFloat32).div(255.0);
  maps = maps.to(dtype);
  bool first = true;
  for (const auto& module : *convs_) {
    const auto& conv = *module->as<torch::nn::Conv2d>();
    auto bias = conv.bias;
    // Without padding a constant that is added to all pixels is one that is added to the bias.
    if (first && options_.input_offset != 0.0) {
      bias = bias + options_.input_offset * conv.weight.sum({1, 2, 3});
    }
    first = false;
    maps = ConvRelu(maps, conv.weight, bias, conv.options.stride()->at(0));
  }
  return maps.permute({0, 2, 3, 1}).flatten(1);
}

ProjectionImpl::ProjectionImpl(const EncoderOptions& options, const at::Generator& stream)
    : options_(options) {
  const auto side = MapSide(options);
  linear_ = torch::nn::Linear(options.num_filters * side * side, options.feature_dim);
  InitLinear(linear_, stream);
  norm_ = torch::nn::LayerNorm(torch::nn::LayerNormOptions({options.feature_dim}));
  register_module("linear", linear_);
  register_module("norm", norm_);
}

torch::Tensor ProjectionImpl::forward(const torch::Tensor& maps) {
  auto features = WideLinear(maps.to(options_.precision), linear_->weight, linear_->bias);
  features = norm_(features.to(torch::kFloat32));
  return options_.tanh ? features.tanh() : features;
}

PixelEncoderImpl::PixelEncoderImpl(const EncoderOptions& options, const at::Generator& stream) {
  if (options.channels == 0) return;
  convs_ = register_module("conv_stack", ConvStack(options, stream));
  projection_ = register_module("projection", Projection(options, stream));
}

torch::Tensor PixelEncoderImpl::Maps(const torch::Tensor& observation) {
  return convs_.is_empty() ? observation : convs_(observation);
}

torch::Tensor PixelEncoderImpl::Features(const torch::Tensor& maps) {
  return projection_.is_empty() ? maps : projection_(maps);
}

std::vector<torch::Tensor> PixelEncoderImpl::ConvParameters() const {
  return convs_.is_empty() ? std::vector<torch::Tensor>{} : convs_->parameters();
}

}  // namespace curl_rl::encoders
