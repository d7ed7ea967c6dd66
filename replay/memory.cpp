// Asks the host or the GPU how much is free, and writes bytes for people.
#include "replay/memory.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <limits>

#ifdef CURL_RL_CUDA
#include <c10/cuda/CUDAGuard.h>
#include <cuda_runtime_api.h>
#endif

namespace curl_rl::replay {
namespace {

std::int64_t ReadNumber(const std::string& path) {
  std::ifstream file(path);
  std::int64_t value = 0;
  return file >> value ? value : -1;
}

// What the control group has of files that are cached and not in use: checkpoints that were
// written, say. The kernel takes it back before it refuses anybody memory.
std::int64_t IdleCacheOfGroup() {
  std::ifstream file("/sys/fs/cgroup/memory.stat");
  std::string key;
  std::int64_t value = 0;
  while (file >> key >> value) {
    if (key == "inactive_file") return value;
  }
  return 0;
}

std::int64_t AvailableOnHost() {
  std::int64_t available = std::numeric_limits<std::int64_t>::max();
  std::ifstream meminfo("/proc/meminfo");
  std::string key;
  std::int64_t kibibytes = 0;
  std::string unit;
  while (meminfo >> key >> kibibytes && std::getline(meminfo, unit)) {
    if (key == "MemAvailable:") available = kibibytes * 1024;
  }
  // A container may be allowed less than the machine has (control groups, version 2).
  const auto limit = ReadNumber("/sys/fs/cgroup/memory.max");
  const auto used = ReadNumber("/sys/fs/cgroup/memory.current");
  if (limit >= 0 && used >= 0) {
    const auto in_use = std::max<std::int64_t>(0, used - IdleCacheOfGroup());
    available = std::min(available, std::max<std::int64_t>(0, limit - in_use));
  }
  // A process may be allowed less than either (ulimit -v).
  rlimit limit_of_process{};
  std::ifstream statm("/proc/self/statm");
  std::int64_t pages = 0;
  if (::getrlimit(RLIMIT_AS, &limit_of_process) == 0 &&
      limit_of_process.rlim_cur != RLIM_INFINITY && statm >> pages) {
    const auto left =
        static_cast<std::int64_t>(limit_of_process.rlim_cur) - pages * ::getpagesize();
    available = std::min(available, std::max<std::int64_t>(0, left));
  }
  return available;
}

}  // namespace

std::int64_t AvailableBytes(const torch::Device& device) {
  if (device.is_cpu()) return AvailableOnHost();
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
