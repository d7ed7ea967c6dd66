// How many runs fit on each GPU at once. Every figure is an estimate; none was measured on a GPU.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "experiments/sweep/grid.h"

namespace curl_rl::experiments {

/// Bytes that a run takes on its GPU.
struct GpuBytes {
  std::int64_t program = 0;    // CUDA's context and kernels, GL's contexts: assumed
  std::int64_t replay = 0;     // of the footprint, as are
  std::int64_t agent = 0;      // these
  std::int64_t update = 0;     // two
  std::int64_t workspace = 0;  // of cuDNN and cuBLAS, and what the allocator cannot use: assumed

  std::int64_t total() const { return program + replay + agent + update + workspace; }
};

/// What CUDA and its libraries take is assumed; the rest is the element's footprint.
GpuBytes EstimateGpuBytes(const Element& element);

/// How many runs of `run_bytes` fit into `free_bytes` of each GPU.
std::vector<int> FitOnGpus(const std::vector<std::int64_t>& free_bytes, std::int64_t run_bytes);

/// The GPU of each of `jobs` runs at once: always that with most room left, the first of equals.
std::vector<std::size_t> PlaceOnGpus(const std::vector<std::int64_t>& free_bytes,
                                     std::int64_t run_bytes, int jobs);

/// CUDA_VISIBLE_DEVICES for a child that is to see only the GPU that this process knows by the
/// number `gpu`; `visible` is this process's own value, null if it has none.
std::string VisibleDevice(std::size_t gpu, const char* visible);

}  // namespace curl_rl::experiments
