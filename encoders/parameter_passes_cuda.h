// The launches of passes over all parameters of a step; built where nvcc is.
#pragma once

#include "encoders/parameter_passes_kernel.h"

namespace curl_rl::encoders {

/// Each queues one launch for all tensors on `stream` (a cudaStream_t) of the current device, and
/// sets their first blocks itself. Returns nullptr, or CUDA's words on why it cannot be launched.
const char* LaunchAdam(AdamPass pass, void* stream);
const char* LaunchMomentum(MomentumPass pass, void* stream);

}  // namespace curl_rl::encoders
