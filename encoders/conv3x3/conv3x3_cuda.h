// The launches of the layer's kernels on a GPU with tensor cores for bfloat16; built where nvcc is.
#pragma once

#include "encoders/conv3x3/conv3x3_gpu_kernels.h"

namespace curl_rl::encoders::gpu {

/// How work is cut: rows of a strip, warps of a block, blocks that fit onto a multiprocessor.
struct Launch {
  int rows, warps, blocks_per_processor;
};

/// What was fastest on an H100 for 84x84 pictures, 512 and 128 of them.
Launch ForwardLaunch(const ConvProblem& problem, int inputs);
Launch ByMapsLaunch(const ConvProblem& problem);
Launch ByWeightLaunch(const ConvProblem& problem, int inputs);

/// Whether device `device` can: compute capability 8.0 or later, and enough shared memory.
bool CanLaunchConv3x3(int device, const ConvProblem& problem, int inputs);

/// Floats of problem.partial for the gradient by weight on `device`.
int PartialSize(int device, const ConvProblem& problem, int inputs, const Launch& launch);

/// Each queues work on `stream` (a cudaStream_t) of `device`, the current one, and sets the
/// problem's rows and blocks itself. `inputs`: 16 (stride 2) or 32 (stride 1). Returns nullptr, or
/// CUDA's words on why it cannot be launched.
const char* LaunchForward(ConvProblem problem, int inputs, const Launch& launch, int device,
                          void* stream);
const char* LaunchByMaps(ConvProblem problem, const Launch& launch, int device, void* stream);
const char* LaunchByWeight(ConvProblem problem, int inputs, const Launch& launch, int device,
                           void* stream);

}  // namespace curl_rl::encoders::gpu
