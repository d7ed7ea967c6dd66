// The kernel behind gather_cuda.h and its launch.
#include <cuda_runtime_api.h>

#include "replay/gather_cuda.h"

namespace curl_rl::replay {
namespace {

constexpr int kThreads = 256;

template <typename Scalar>
__global__ void __launch_bounds__(kThreads) GatherKernel(const GatherProblem problem) {
  extern __shared__ __align__(16) std::uint8_t staged[];
  StageFrames(problem, blockIdx.x, threadIdx.x, kThreads, staged);
  __syncthreads();
  WriteBatch<Scalar>(problem, blockIdx.x, threadIdx.x, kThreads, staged);
}

}  // namespace

const char* LaunchGather(const GatherProblem& problem, bool bfloat16, void* stream) {
  const auto blocks = static_cast<unsigned>(problem.Blocks());
  const auto staged = static_cast<std::size_t>(problem.StagedBytes());
  auto* const queue = static_cast<cudaStream_t>(stream);
  if (bfloat16) {
    GatherKernel<std::uint16_t><<<blocks, kThreads, staged, queue>>>(problem);
  } else {
    GatherKernel<float><<<blocks, kThreads, staged, queue>>>(problem);
  }
  const cudaError_t error = cudaGetLastError();
  return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}

}  // namespace curl_rl::replay
