// Moves every parameter of a slow copy a little towards that of its original, in place.
#include "encoders/momentum.h"

#include <torch/utils.h>

#ifdef CURL_RL_CUDA_KERNEL
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "encoders/parameter_passes_cuda.h"
#endif

namespace curl_rl::encoders {
namespace {

#ifdef CURL_RL_CUDA_KERNEL
bool CanPass(const torch::Tensor& tensor) {
  return tensor.is_cuda() && tensor.scalar_type() == torch::kFloat32 && tensor.is_contiguous() &&
         tensor.numel() > 0;
}

// All of them in one launch; false: nothing was done.
bool UpdateInOnePass(const std::vector<torch::Tensor>& targets,
                     const std::vector<torch::Tensor>& sources, double tau) {
  if (targets.size() > kPassTensors) return false;
  MomentumPass pass{};
  pass.count = static_cast<int>(targets.size());
  pass.tau = static_cast<float>(tau);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (!CanPass(targets[i]) || !CanPass(sources[i])) return false;
    auto& tensor = pass.tensors[i];
    tensor.slow = targets[i].data_ptr<float>();
    tensor.online = sources[i].data_ptr<float>();
    tensor.size = targets[i].numel();
  }
  const c10::cuda::CUDAGuard guard(targets[0].device());
  const char* error = LaunchMomentum(pass, c10::cuda::getCurrentCUDAStream().stream());
  TORCH_CHECK(error == nullptr, "the momentum update on ", targets[0].device(), ": ", error);
  return true;
}
#else
bool UpdateInOnePass(const std::vector<torch::Tensor>& /*targets*/,
                     const std::vector<torch::Tensor>& /*sources*/, double /*tau*/) {
  return false;
}
#endif

}  // namespace

void MomentumUpdate(const torch::nn::Module& online, torch::nn::Module& slow, double tau) {
  torch::NoGradGuard no_grad;
  auto targets = slow.parameters();
  const auto sources = online.parameters();
  if (targets.empty()) return;  // state vectors: there is no encoder
  if (UpdateInOnePass(targets, sources, tau)) return;
  // One pass a list, not three kernels a tensor.
  torch::_foreach_mul_(targets, 1.0 - tau);
  torch::_foreach_add_(targets, sources, tau);
}

void StartAsCopy(const torch::nn::Module& online, torch::nn::Module& slow) {
  torch::NoGradGuard no_grad;
  auto targets = slow.parameters();
  const auto sources = online.parameters();
  TORCH_CHECK(targets.size() == sources.size(), "the copy has ", targets.size(),
              " parameters, the original ", sources.size());
  for (std::size_t i = 0; i < targets.size(); ++i) {
    targets[i].copy_(sources[i]);
    targets[i].set_requires_grad(false);
  }
}

}  // namespace curl_rl::encoders
