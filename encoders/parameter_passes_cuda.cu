// The kernels behind parameter_passes_cuda.h.
#include <cuda_runtime_api.h>

#include "encoders/parameter_passes_cuda.h"

namespace curl_rl::encoders {
namespace {

__global__ void __launch_bounds__(kPassThreads) AdamKernel(const __grid_constant__ AdamPass pass) {
  __shared__ AdamConstants constants;
  const auto& tensor = pass.tensors[TensorOfBlock(pass, blockIdx.x)];
  if (threadIdx.x == 0) constants = ConstantsOf(pass, tensor);
  __syncthreads();
  AdamNumbers(pass, tensor, constants, blockIdx.x, threadIdx.x);
}

__global__ void __launch_bounds__(kPassThreads)
    MomentumKernel(const __grid_constant__ MomentumPass pass) {
  MomentumNumbers(pass, blockIdx.x, threadIdx.x);
}

template <typename Pass>
unsigned SetBlocks(Pass& pass) {
  int blocks = 0;
  for (int i = 0; i < pass.count; ++i) {
    pass.tensors[i].first_block = blocks;
    blocks += PassBlocks(pass.tensors[i].size);
  }
  return static_cast<unsigned>(blocks);
}

const char* Error() {
  const cudaError_t error = cudaGetLastError();
  return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}

}  // namespace

const char* LaunchAdam(AdamPass pass, void* stream) {
  const auto blocks = SetBlocks(pass);
  AdamKernel<<<blocks, kPassThreads, 0, static_cast<cudaStream_t>(stream)>>>(pass);
  return Error();
}

const char* LaunchMomentum(MomentumPass pass, void* stream) {
  const auto blocks = SetBlocks(pass);
  MomentumKernel<<<blocks, kPassThreads, 0, static_cast<cudaStream_t>(stream)>>>(pass);
  return Error();
}

}  // namespace curl_rl::encoders
