#include "encoders/pixel_encoder.h"

#include <array>
#include <stdexcept>

#include "encoders/conv3x3/conv3x3.h"
#include "encoders/initialization.h"

namespace curl_rl::encoders {
namespace {

constexpr std::int64_t kKernel = 3;

std::int64_t Stride(std::int64_t layer) { return layer == 0 ? 2 : 1; }

// relu(conv2d(input)) in `input`'s type, its parameters in float32: by our own kernels where they
// can, else by LibTorch's. Then it is the same as the two operations one after the other, except
// that the bias's gradient is summed here: oneDNN takes as long for it in float32 as for a third of
// the weights'.
class ConvRelu : public torch::autograd::Function<ConvRelu> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context,
                               const torch::Tensor& input, const torch::Tensor& weight,
                               const torch::Tensor& bias, std::int64_t stride) {
    const bool own = CanConv3x3(input, weight, stride);
    const auto cast = own ? weight : weight.to(input.scalar_type());
    auto output = own ? Conv3x3Relu(input, cast, bias, stride)
                      : torch::conv2d(input, cast, bias.to(input.scalar_type()), stride).relu_();
    context->save_for_backward({input, cast, output});
    context->saved_data["stride"] = stride;
    context->saved_data["own"] = own;
    return output;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto& input = saved[0];
    const auto stride = context->saved_data["stride"].toInt();
    const bool by_input = input.requires_grad();
    if (context->saved_data["own"].toBool() && (stride == 1 || !by_input)) {
      const auto parts =
          Conv3x3ReluGradients(gradients[0], input, saved[2], saved[1], stride, by_input);
      return {parts.maps, parts.weight, parts.bias, torch::Tensor()};
    }
    const auto gradient = at::threshold_backward(gradients[0], saved[2], 0);
    const std::array<bool, 3> wanted = {by_input, true, false};
    const auto parts =
        at::convolution_backward(gradient, input, saved[1], at::OptionalIntArrayRef(),
                                 {stride, stride}, {0, 0}, {1, 1}, false, {0, 0}, 1, wanted);
    return {std::get<0>(parts), std::get<1>(parts).to(torch::kFloat32),
            gradient.sum({0, 2, 3}, /*keepdim=*/false, torch::kFloat32), torch::Tensor()};
  }
};

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
  maps = maps.to(dtype).contiguous(torch::MemoryFormat::ChannelsLast);
  for (const auto& module : *convs_) {
    const auto& conv = *module->as<torch::nn::Conv2d>();
    maps = ConvRelu::apply(maps, conv.weight, conv.bias, conv.options.stride()->at(0));
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
  const auto dtype = options_.precision;
  auto features = torch::linear(maps, linear_->weight.to(dtype), linear_->bias.to(dtype));
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
