// How much memory there is, so that a replay that cannot fit is refused before it is made.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>

namespace curl_rl::replay {

/// Bytes that can still be had on `device`: MemoryOfProcess on the CPU, free memory on a CUDA
/// device.
std::int64_t AvailableBytes(const torch::Device& device);

/// E.g. "3.09 GB" (1 GB = 1e9 bytes).
std::string FormatBytes(std::int64_t bytes);

}  // namespace curl_rl::replay
