// The kernels behind conv3x3_cuda.h: a GPU's instructions for the bodies, and their launches.
#include <cuda_runtime_api.h>

#include <algorithm>

#include "encoders/conv3x3/conv3x3_cuda.h"

namespace curl_rl::encoders::gpu {
namespace {

constexpr int kFewImages = 256;
constexpr int kWeightThreads = 32 * kWeightWarps;

// What the bodies ask of the threads of a block.
struct CudaBlock {
  CURL_RL_DEVICE int thread() const { return threadIdx.x; }
  CURL_RL_DEVICE int threads() const { return blockDim.x; }
  CURL_RL_DEVICE int index() const { return blockIdx.x; }
  CURL_RL_DEVICE void Sync() { __syncthreads(); }

  CURL_RL_DEVICE static unsigned Shared(const void* at) {
    return static_cast<unsigned>(__cvta_generic_to_shared(at));
  }
  CURL_RL_DEVICE void CopyAsync(void* to, const void* from) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(Shared(to)), "l"(from)
                 : "memory");
  }
  CURL_RL_DEVICE void WaitForCopies() { asm volatile("cp.async.wait_all;" ::: "memory"); }
  CURL_RL_DEVICE void Load16(const void* from, std::uint32_t (&words)[4]) {
    const uint4 value = __ldg(static_cast<const uint4*>(from));
    words[0] = value.x;
    words[1] = value.y;
    words[2] = value.z;
    words[3] = value.w;
  }
  CURL_RL_DEVICE void Store16(void* to, const std::uint32_t (&words)[4]) {
    *static_cast<uint4*>(to) = make_uint4(words[0], words[1], words[2], words[3]);
  }
  CURL_RL_DEVICE void Store2(void* to, std::uint16_t value) {
    *static_cast<std::uint16_t*>(to) = value;
  }
  // Four matrices of 8 rows of 16 bytes: lanes 8 i to 8 i + 7 point to the rows of matrix i.
  CURL_RL_DEVICE void LoadMatrices(const void* row, std::uint32_t (&words)[4]) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
                 : "r"(Shared(row)));
  }
  CURL_RL_DEVICE void LoadTransposed(const void* row, std::uint32_t (&words)[4]) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
                 : "r"(Shared(row)));
  }
  // sums += a [16, 16] x b [16, 8].
  CURL_RL_DEVICE void Multiply(const std::uint32_t (&a)[4], std::uint32_t b0, std::uint32_t b1,
                               float (&sums)[4]) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
        "{%8, %9}, {%0, %1, %2, %3};"
        : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
  }
};

// Code for older chips is never launched.
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
#define CURL_RL_BODY(call) call
#else
#define CURL_RL_BODY(call)
#endif

// So that three blocks of seven warps find room (CUDA 12.4 and later can say it).
#if CUDART_VERSION >= 12040
#define CURL_RL_REGISTERS __maxnreg__(96)
#else
#define CURL_RL_REGISTERS __launch_bounds__(224, 2)
#endif

extern __shared__ __align__(16) char shared_memory[];

template <int kInputs, int kStride>
__global__ void CURL_RL_REGISTERS ForwardKernel(const ConvProblem p) {
  CudaBlock block;
  CURL_RL_BODY((Forward<kInputs, kStride>(block, p, shared_memory)));
}
__global__ void CURL_RL_REGISTERS ByMapsKernel(const ConvProblem p) {
  CudaBlock block;
  CURL_RL_BODY(ByMaps(block, p, shared_memory));
}
template <int kInputs, int kStride>
__global__ void __launch_bounds__(kWeightThreads, 3) ByWeightKernel(const ConvProblem p) {
  CudaBlock block;
  CURL_RL_BODY((ByWeight<kInputs, kStride>(block, p, shared_memory)));
}
template <int kInputs>
__global__ void __launch_bounds__(kSumThreads) SumKernel(const ConvProblem p) {
  CudaBlock block;
  CURL_RL_BODY(SumOfBlocks<kInputs>(block, p, shared_memory));
}

int Attribute(cudaDeviceAttr attribute, int device) {
  int value = 0;
  return cudaDeviceGetAttribute(&value, attribute, device) == cudaSuccess ? value : 0;
}

int BlocksOf(int device, int strips, const Launch& launch) {
  const int processors = Attribute(cudaDevAttrMultiProcessorCount, device);
  return std::max(1, std::min(strips, processors * launch.blocks_per_processor));
}

int ForwardBytes(const ConvProblem& p, int inputs, int rows) {
  return inputs == 16 ? ForwardShared<16>::kWeights + MapsInShared<16, 2>::Bytes(rows, p.width)
                      : ForwardShared<32>::kWeights + MapsInShared<32, 1>::Bytes(rows, p.width);
}
int ByMapsBytes(const ConvProblem& p, int rows) {
  return ByMapsShared::kWeights + ByMapsShared::Gradient(rows, p.width);
}
int ByWeightBytes(const ConvProblem& p, int inputs, const Launch& launch) {
  const int staged = launch.warps * 32 * 8 * static_cast<int>(sizeof(float));
  return std::max(staged, inputs == 16
                              ? ByWeightShared<16, 2>::Bytes(launch.rows, p.width, p.out_width)
                              : ByWeightShared<32, 1>::Bytes(launch.rows, p.width, p.out_width));
}

const char* Error(cudaError_t error) {
  return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}

// A block may have more than 48 kB of shared memory only where it is said.
template <typename Kernel>
const char* Queue(Kernel kernel, const ConvProblem& problem, int threads, int bytes, void* stream) {
  const auto allowed = cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel),
                                            cudaFuncAttributeMaxDynamicSharedMemorySize, bytes);
  if (allowed != cudaSuccess) return cudaGetErrorString(allowed);
  kernel<<<static_cast<unsigned>(problem.blocks), static_cast<unsigned>(threads),
           static_cast<std::size_t>(bytes), static_cast<cudaStream_t>(stream)>>>(problem);
  return Error(cudaGetLastError());
}

}  // namespace

// Few images give few strips: then one round of long ones beats several of short ones.
Launch ForwardLaunch(const ConvProblem& problem, int inputs) {
  if (inputs == 16) return {7, 6, 3};
  return problem.images <= kFewImages ? Launch{7, 6, 3} : Launch{6, 5, 4};
}
Launch ByMapsLaunch(const ConvProblem& problem) {
  return problem.images <= kFewImages ? Launch{7, 6, 3} : Launch{5, 5, 4};
}
Launch ByWeightLaunch(const ConvProblem& problem, int inputs) {
  if (inputs == 16) return {6, 9, 3};
  return problem.images <= kFewImages ? Launch{6, 9, 2} : Launch{8, 9, 3};
}

bool CanLaunchConv3x3(int device, const ConvProblem& problem, int inputs) {
  const int most = Attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin, device);
  return Attribute(cudaDevAttrComputeCapabilityMajor, device) >= 8 &&
         ForwardBytes(problem, inputs, ForwardLaunch(problem, inputs).rows) <= most &&
         ByMapsBytes(problem, ByMapsLaunch(problem).rows) <= most &&
         ByWeightBytes(problem, inputs, ByWeightLaunch(problem, inputs)) <= most;
}

int PartialSize(int device, const ConvProblem& p, int inputs, const Launch& launch) {
  return BlocksOf(device, Strips(p.images, p.out_height, launch.rows), launch) *
         (kTaps * kFilters * inputs + kFilters);
}

const char* LaunchForward(ConvProblem p, int inputs, const Launch& launch, int device,
                          void* stream) {
  p.rows = launch.rows;
  p.blocks = BlocksOf(device, Strips(p.images, p.out_height, p.rows), launch);
  const int bytes = ForwardBytes(p, inputs, p.rows);
  const int threads = 32 * launch.warps;
  return inputs == 16 ? Queue(ForwardKernel<16, 2>, p, threads, bytes, stream)
                      : Queue(ForwardKernel<32, 1>, p, threads, bytes, stream);
}

const char* LaunchByMaps(ConvProblem p, const Launch& launch, int device, void* stream) {
  p.rows = launch.rows;
  p.blocks = BlocksOf(device, Strips(p.images, p.height, p.rows), launch);
  return Queue(ByMapsKernel, p, 32 * launch.warps, ByMapsBytes(p, p.rows), stream);
}

const char* LaunchByWeight(ConvProblem p, int inputs, const Launch& launch, int device,
                           void* stream) {
  p.rows = launch.rows;
  p.blocks = BlocksOf(device, Strips(p.images, p.out_height, p.rows), launch);
  const int bytes = ByWeightBytes(p, inputs, launch);
  const int threads = 32 * launch.warps;
  const char* error = inputs == 16 ? Queue(ByWeightKernel<16, 2>, p, threads, bytes, stream)
                                   : Queue(ByWeightKernel<32, 1>, p, threads, bytes, stream);
  if (error != nullptr) return error;
  const int columns = kTaps * kFilters * inputs + kFilters;
  const auto blocks = static_cast<unsigned>((columns + kSumColumns - 1) / kSumColumns);
  const std::size_t staged = kSumThreads * sizeof(float);
  auto* const queue = static_cast<cudaStream_t>(stream);
  if (inputs == 16) {
    SumKernel<16><<<blocks, kSumThreads, staged, queue>>>(p);
  } else {
    SumKernel<32><<<blocks, kSumThreads, staged, queue>>>(p);
  }
  return Error(cudaGetLastError());
}

}  // namespace curl_rl::encoders::gpu
