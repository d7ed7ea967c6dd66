// Asks the host or the GPU how much is free, and writes bytes for people.
#include "replay/memory.h"

#include <cstdio>
#include <limits>

#include "replay/process_limits.h"

#ifdef CURL_RL_CUDA
#include <c10/cuda/CUDAGuard.h>
#include <cuda_runtime_api.h>
#endif

namespace curl_rl::replay {

std::int64_t AvailableBytes(const torch::Device& device) {
  if (device.is_cpu()) return MemoryOfProcess().bytes;
#ifdef CURL_RL_CUDA
  const c10::cuda::CUDAGuard guard(device);
  std::size_t free_bytes = 0;
  std::size_t total_bytes = 0;
  if (cudaMemGetInfo(&free_bytes, &total_bytes) == cudaSuccess) {
    return static_cast<std::int64_t>(free_bytes);
  }
#endif
  return std::numeric_limits<std::int64_t>::max();
}

std::string FormatBytes(std::int64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes);
  int unit = 0;
  while (value >= 1000.0 && unit < 4) {
    value /= 1000.0;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof(text), unit == 0 ? "%.0f %s" : "%.2f %s", value, kUnits[unit]);
  return text;
}

}  // namespace curl_rl::replay
