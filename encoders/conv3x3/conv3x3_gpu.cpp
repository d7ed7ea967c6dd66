// From tensors to the kernels of a GPU.
#include "encoders/conv3x3/conv3x3_gpu.h"

#ifdef CURL_RL_CUDA_KERNEL
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "encoders/conv3x3/conv3x3_cuda.h"
#endif

namespace curl_rl::encoders {

#ifdef CURL_RL_CUDA_KERNEL
namespace {

bool Aligned(const torch::Tensor& maps) {
  return reinterpret_cast<std::uintptr_t>(maps.data_ptr()) % 16 == 0;
}

gpu::ConvProblem ProblemOf(const torch::Tensor& maps, const torch::Tensor& weight,
                           std::int64_t stride) {
  gpu::ConvProblem problem{};
  problem.images = static_cast<int>(maps.size(0));
  problem.height = static_cast<int>(maps.size(2));
  problem.width = static_cast<int>(maps.size(3));
  problem.out_height = static_cast<int>((maps.size(2) - 3) / stride + 1);
  problem.out_width = static_cast<int>((maps.size(3) - 3) / stride + 1);
  problem.channels = static_cast<int>(weight.size(1));
  problem.maps = maps.data_ptr();
  problem.weight = weight.data_ptr<float>();
  return problem;
}

int InputsOf(const torch::Tensor& maps) { return static_cast<int>(maps.size(1)); }

void Check(const char* error, const torch::Tensor& maps) {
  TORCH_CHECK(error == nullptr, "a layer on ", maps.device(), ": ", error);
}

}  // namespace

bool CanConv3x3OnGpu(const torch::Tensor& maps, const torch::Tensor& weight, std::int64_t stride) {
  if (!maps.is_cuda() || maps.scalar_type() != torch::kBFloat16 || maps.dim() != 4 ||
      maps.size(0) < 1 || maps.size(2) < 3 || maps.size(3) < 3 || !Aligned(maps) ||
      !maps.is_contiguous(torch::MemoryFormat::ChannelsLast) ||
      weight.scalar_type() != torch::kFloat32 || weight.size(0) != gpu::kFilters ||
      weight.size(2) != 3 || weight.size(3) != 3) {
    return false;
  }
  const bool first = stride == 2 && maps.size(1) == 16 && weight.size(1) <= 16;
  const bool later = stride == 1 && maps.size(1) == 32 && weight.size(1) == 32;
  // Places are counted in 32 bits.
  return (first || later) && maps.numel() < (std::int64_t{1} << 30) &&
         gpu::CanLaunchConv3x3(maps.device().index(), ProblemOf(maps, weight, stride),
                               InputsOf(maps));
}

torch::Tensor Conv3x3ReluOnGpu(const torch::Tensor& maps, const torch::Tensor& given_weight,
                               const torch::Tensor& given_bias, std::int64_t stride) {
  const c10::cuda::CUDAGuard guard(maps.device());
  const auto weight = given_weight.contiguous();
  const auto bias = given_bias.contiguous();
  auto problem = ProblemOf(maps, weight, stride);
  auto output = torch::empty({maps.size(0), gpu::kFilters, problem.out_height, problem.out_width},
                             maps.options().memory_format(torch::MemoryFormat::ChannelsLast));
  problem.bias = bias.data_ptr<float>();
  problem.output = output.data_ptr();
  const auto device = maps.device().index();
  Check(gpu::LaunchForward(problem, InputsOf(maps), gpu::ForwardLaunch(problem, InputsOf(maps)),
                           device, c10::cuda::getCurrentCUDAStream().stream()),
        maps);
  return output;
}

Conv3x3Gradients Conv3x3ReluGradientsOnGpu(const torch::Tensor& given_gradient,
                                           const torch::Tensor& maps, const torch::Tensor& output,
                                           const torch::Tensor& given_weight, std::int64_t stride,
                                           bool by_maps) {
  const c10::cuda::CUDAGuard guard(maps.device());
  auto gradient = given_gradient.contiguous(torch::MemoryFormat::ChannelsLast);
  if (!Aligned(gradient)) gradient = gradient.clone(torch::MemoryFormat::ChannelsLast);
  const auto weight = given_weight.contiguous();
  auto problem = ProblemOf(maps, weight, stride);
  problem.gradient = gradient.data_ptr();
  problem.output = output.data_ptr();
  const auto device = maps.device().index();
  auto* const stream = c10::cuda::getCurrentCUDAStream().stream();
  Conv3x3Gradients result;
  if (by_maps) {
    result.maps = torch::empty_like(maps);
    problem.by_maps = result.maps.data_ptr();
    Check(gpu::LaunchByMaps(problem, gpu::ByMapsLaunch(problem), device, stream), maps);
  }
  const auto inputs = InputsOf(maps);
  const auto launch = gpu::ByWeightLaunch(problem, inputs);
  const auto partial =
      torch::empty({gpu::PartialSize(device, problem, inputs, launch)}, weight.options());
  result.weight = torch::empty_like(weight);
  result.bias = torch::empty({gpu::kFilters}, weight.options());
  problem.partial = partial.data_ptr<float>();
  problem.by_weight = result.weight.data_ptr<float>();
  problem.by_bias = result.bias.data_ptr<float>();
  Check(gpu::LaunchByWeight(problem, inputs, launch, device, stream), maps);
  return result;
}

#else

bool CanConv3x3OnGpu(const torch::Tensor& /*maps*/, const torch::Tensor& /*weight*/,
                     std::int64_t /*stride*/) {
  return false;
}

torch::Tensor Conv3x3ReluOnGpu(const torch::Tensor& maps, const torch::Tensor& /*weight*/,
                               const torch::Tensor& /*bias*/, std::int64_t /*stride*/) {
  TORCH_CHECK(false, "a layer on ", maps.device(), " in a build without nvcc");
}

Conv3x3Gradients Conv3x3ReluGradientsOnGpu(const torch::Tensor& /*gradient*/,
                                           const torch::Tensor& maps,
                                           const torch::Tensor& /*output*/,
                                           const torch::Tensor& /*weight*/, std::int64_t /*stride*/,
                                           bool /*by_maps*/) {
  TORCH_CHECK(false, "a layer on ", maps.device(), " in a build without nvcc");
}

#endif

}  // namespace curl_rl::encoders
