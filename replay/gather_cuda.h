// The fast gather-stack-crop-convert on a CUDA device; built where nvcc is (CURL_RL_NVCC).
#pragma once

#include "replay/gather_kernel.h"

namespace curl_rl::replay {

/// Queues the work on `stream` (a cudaStream_t) of the current device. `bfloat16`: else float32.
/// Returns nullptr, or CUDA's words on why it cannot be launched.
const char* LaunchGather(const GatherProblem& problem, bool bfloat16, void* stream);

}  // namespace curl_rl::replay
