// What must be set once, before the first tensor.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>

namespace curl_rl::experiments {

/// Sets LibTorch's threads (0: one a core) and makes the allocator keep its memory. Returns the
/// number of threads. To be called at the start of a command that learns or acts.
int SetUpProcess(std::int64_t threads);

/// The device that `name` means: auto (CUDA if this LibTorch and machine have it, else the CPU),
/// cpu, cuda, cuda:N. Throws UsageError that says what is there.
torch::Device ResolveDevice(const std::string& name);

}  // namespace curl_rl::experiments
