// How many runs fit on this machine at once, and with how many threads each.
#pragma once

#include <cstdint>
#include <vector>

#include "experiments/config/config.h"
#include "experiments/sweep/grid.h"

namespace curl_rl::experiments {

/// What the runs of a sweep may use.
struct Machine {
  int cores = 1;                     // that this process may run on
  std::int64_t available_bytes = 0;  // of memory
  std::vector<std::int64_t> gpus;    // free bytes of each that this LibTorch can use
};

struct Share {
  int jobs = 1;                     // runs at once
  int threads = 1;                  // of each, unless its config says otherwise
  std::vector<std::size_t> gpu_of;  // the GPU of each of the `jobs` places; empty: there is none
};

/// Cores that this process may run on: its affinity mask, and the control group's quota.
int UsableCores();

/// Whether the run learns on a GPU of `machine`.
bool UsesGpu(const ExperimentConfig& config, const Machine& machine);

/// Bytes that a run takes on the host, an upper estimate: the program with LibTorch, and where it
/// learns there, its footprint.
std::int64_t EstimateBytes(const Element& element, const Machine& machine);

/// `jobs` 0: one run a core and no more than memory has room for, that of the GPUs too if runs
/// learn there (EstimateGpuBytes), since runs with one thread each get more done than one run with
/// all (docs/performance.md). Threads are the cores that are left to each. `runs` must not be
/// empty.
Share ShareOut(const std::vector<Element>& runs, int jobs, const Machine& machine);

}  // namespace curl_rl::experiments
