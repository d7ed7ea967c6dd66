// The three ways to a layer: our own kernels on the CPU, cuDNN's on a GPU, LibTorch's anywhere.
#include "encoders/conv_relu.h"

#include <torch/autograd.h>

#include <algorithm>
#include <array>

#include "encoders/conv3x3/conv3x3.h"

#ifdef CURL_RL_CUDA_KERNEL
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "encoders/relu_gradient_cuda.h"
#endif

namespace curl_rl::encoders {
namespace {

#ifdef CURL_RL_CUDA_KERNEL
// Whether the kernel can: 16 bytes at a time, a block's threads side by side over whole rows.
bool CanMaskOnGpu(const torch::Tensor& gradient, const torch::Tensor& output) {
  const auto dtype = output.scalar_type();
  if (!output.is_cuda() || (dtype != torch::kFloat32 && dtype != torch::kBFloat16)) return false;
  const auto vector = 16 / static_cast<std::int64_t>(output.element_size());
  const auto channels = output.size(1);
  return channels % vector == 0 && kReluGradientThreads % (channels / vector) == 0 &&
         output.is_contiguous(torch::MemoryFormat::ChannelsLast) && gradient.scalar_type() == dtype;
}

ReluGradient MaskOnGpu(const torch::Tensor& given, const torch::Tensor& output) {
  const c10::cuda::CUDAGuard guard(output.device());
  const auto gradient = given.contiguous(torch::MemoryFormat::ChannelsLast);
  const auto channels = output.size(1);
  ReluGradient result;
  result.masked = torch::empty_like(gradient);
  ReluGradientProblem problem{};
  problem.gradient = gradient.data_ptr();
  problem.output = output.data_ptr();
  problem.masked = result.masked.data_ptr();
  problem.rows = output.numel() / channels;
  problem.channels = static_cast<int>(channels);
  // Four blocks a multiprocessor keep its memory busy; none without work.
  const auto vectors = output.numel() * output.element_size() / 16;
  const std::int64_t most =
      4 * at::cuda::getDeviceProperties(output.device().index())->multiProcessorCount;
  problem.blocks = static_cast<int>(std::clamp<std::int64_t>(
      (vectors + kReluGradientThreads - 1) / kReluGradientThreads, 1, most));
  const auto partial =
      torch::empty({channels, problem.blocks}, output.options().dtype(torch::kFloat32));
  problem.partial = partial.data_ptr<float>();
  const char* error = LaunchReluGradient(problem, output.scalar_type() == torch::kBFloat16,
                                         c10::cuda::getCurrentCUDAStream().stream());
  TORCH_CHECK(error == nullptr, "the gradient of ReLU on ", output.device(), ": ", error);
  result.bias = partial.sum(1);
  return result;
}
#endif

// `weight` in the type and, for cuDNN, in the memory order of the maps: one kernel for both. Maps
// may have more channels, of zeros: so has the weight then.
torch::Tensor Cast(const torch::Tensor& weight, const torch::Tensor& maps) {
  const auto options = weight.options().dtype(maps.scalar_type());
  if (!maps.is_cuda()) return weight.to(options);
  if (maps.size(1) == weight.size(1)) {
    return weight.to(options, /*non_blocking=*/false, /*copy=*/false,
                     torch::MemoryFormat::ChannelsLast);
  }
  auto padded =
      torch::zeros({weight.size(0), weight.size(2), weight.size(3), maps.size(1)}, options)
          .permute({0, 3, 1, 2});
  padded.narrow(1, 0, weight.size(1)).copy_(weight);
  return padded;
}

// `maps` with the zeros that stand in memory behind each pixel's channels (replay/gather.h), where
// they do.
torch::Tensor WithPadding(const torch::Tensor& maps) {
  const auto pitch = maps.stride(3);
  const bool padded = maps.is_cuda() && maps.scalar_type() == torch::kBFloat16 &&
                      maps.stride(1) == 1 && pitch > maps.size(1) && pitch % 8 == 0 &&
                      maps.stride(2) == pitch * maps.size(3) &&
                      maps.stride(0) == pitch * maps.size(3) * maps.size(2);
  if (!padded) return maps.contiguous(torch::MemoryFormat::ChannelsLast);
  return maps.as_strided({maps.size(0), pitch, maps.size(2), maps.size(3)}, maps.strides());
}

torch::Tensor Forward(const torch::Tensor& maps, const torch::Tensor& weight,
                      const torch::Tensor& bias, std::int64_t stride) {
  if (maps.is_cuda()) {  // convolution, bias and ReLU in one kernel
    return at::cudnn_convolution_relu(maps, weight, bias.to(maps.scalar_type()), {stride, stride},
                                      {0, 0}, {1, 1}, 1);
  }
  return torch::conv2d(maps, weight, bias.to(maps.scalar_type()), stride).relu_();
}

class ConvReluFunction : public torch::autograd::Function<ConvReluFunction> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& maps,
                               const torch::Tensor& weight, const torch::Tensor& bias,
                               std::int64_t stride) {
    const auto padded = WithPadding(maps);
    // Our kernels have no gradient by the maps of stride 2, which are pictures.
    const bool own = CanConv3x3(padded, weight, stride) && (stride == 1 || !maps.requires_grad());
    const auto cast = own ? weight : Cast(weight, padded);
    auto output =
        own ? Conv3x3Relu(padded, cast, bias, stride) : Forward(padded, cast, bias, stride);
    context->save_for_backward({padded, cast, output});
    context->saved_data["by_maps"] = maps.requires_grad();
    context->saved_data["channels"] = maps.size(1);
    context->saved_data["stride"] = stride;
    context->saved_data["own"] = own;
    return output;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto& maps = saved[0];
    const auto stride = context->saved_data["stride"].toInt();
    const bool by_maps = context->saved_data["by_maps"].toBool();
    const auto channels = context->saved_data["channels"].toInt();
    if (context->saved_data["own"].toBool()) {
      const auto parts =
          Conv3x3ReluGradients(gradients[0], maps, saved[2], saved[1], stride, by_maps);
      return {parts.maps, parts.weight, parts.bias, torch::Tensor()};
    }
    // The bias's gradient is summed here: oneDNN takes as long for it in float32 as for a third of
    // the weights'.
    const auto relu = GradientOfRelu(gradients[0], saved[2]);
    const std::array<bool, 3> wanted = {by_maps, true, false};
    const auto parts =
        at::convolution_backward(relu.masked, maps, saved[1], at::OptionalIntArrayRef(),
                                 {stride, stride}, {0, 0}, {1, 1}, false, {0, 0}, 1, wanted);
    auto by_input = std::get<0>(parts);
    if (by_maps) by_input = by_input.narrow(1, 0, channels);
    return {by_input, std::get<1>(parts).narrow(1, 0, channels).to(torch::kFloat32), relu.bias,
            torch::Tensor()};
  }
};

}  // namespace

torch::Tensor ConvRelu(const torch::Tensor& maps, const torch::Tensor& weight,
                       const torch::Tensor& bias, std::int64_t stride) {
  return ConvReluFunction::apply(maps, weight, bias, stride);
}

ReluGradient GradientOfRelu(const torch::Tensor& gradient, const torch::Tensor& output) {
#ifdef CURL_RL_CUDA_KERNEL
  if (CanMaskOnGpu(gradient, output)) return MaskOnGpu(gradient, output);
#endif
  const auto masked = at::threshold_backward(gradient, output, 0);
  return {masked, masked.sum({0, 2, 3}, /*keepdim=*/false, torch::kFloat32)};
}

}  // namespace curl_rl::encoders
