// How much memory there is, so that a replay that cannot fit is refused before it is made.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace curl_rl::replay {

/// Memory has become short while something was kept in it: stopping with words comes before being
/// killed without.
class OutOfMemory : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Bytes that can still be had on `device`: MemoryOfProcess on the CPU, free memory on a CUDA
/// device.
std::int64_t AvailableBytes(const torch::Device& device);

/// E.g. "3.09 GB" (1 GB = 1e9 bytes).
std::string FormatBytes(std::int64_t bytes);

}  // namespace curl_rl::replay
