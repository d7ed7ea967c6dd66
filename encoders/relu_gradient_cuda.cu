// The kernel behind relu_gradient_cuda.h.
#include <cuda_runtime_api.h>

#include "encoders/relu_gradient_cuda.h"

namespace curl_rl::encoders {
namespace {

template <typename Scalar>
__global__ void __launch_bounds__(kReluGradientThreads)
    ReluGradientKernel(const ReluGradientProblem problem) {
  __shared__ float staged[kReluGradientThreads * ReluGradientSums<Scalar>::kCount];
  MaskAndSum<Scalar>(problem, blockIdx.x, threadIdx.x, kReluGradientThreads, staged);
  __syncthreads();
  SumBlock<Scalar>(problem, blockIdx.x, threadIdx.x, kReluGradientThreads, staged);
}

}  // namespace

const char* LaunchReluGradient(const ReluGradientProblem& problem, bool bfloat16, void* stream) {
  auto* const queue = static_cast<cudaStream_t>(stream);
  const auto blocks = static_cast<unsigned>(problem.blocks);
  if (bfloat16) {
    ReluGradientKernel<std::uint16_t><<<blocks, kReluGradientThreads, 0, queue>>>(problem);
  } else {
    ReluGradientKernel<float><<<blocks, kReluGradientThreads, 0, queue>>>(problem);
  }
  const cudaError_t error = cudaGetLastError();
  return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}

}  // namespace curl_rl::encoders
