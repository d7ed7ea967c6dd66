// The launch of the kernel that masks a gradient and sums it for the bias; built where nvcc is.
#pragma once

#include "encoders/relu_gradient_kernel.h"

namespace curl_rl::encoders {

constexpr int kReluGradientThreads = 256;

/// Queues the work on `stream` (a cudaStream_t) of the current device. `bfloat16`: else float32.
/// Returns nullptr, or CUDA's words on why it cannot be launched.
const char* LaunchReluGradient(const ReluGradientProblem& problem, bool bfloat16, void* stream);

}  // namespace curl_rl::encoders
