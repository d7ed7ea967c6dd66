// How many runs fit on this machine at once, and with how many threads each.
#pragma once

#include <cstdint>
#include <vector>

#include "experiments/config.h"

namespace curl_rl::experiments {

/// What the runs of a sweep may use.
struct Machine {
  int cores = 1;                     // that this process may run on
  std::int64_t available_bytes = 0;  // of memory
  int gpus = 0;                      // that this LibTorch can use
};

struct Share {
  int jobs = 1;     // runs at once
  int threads = 1;  // of each, unless its config says otherwise
};

/// Cores that this process may run on: its affinity mask, and the control group's quota.
int UsableCores();

/// Whether the run learns on a GPU of `machine`.
bool UsesGpu(const ExperimentConfig& config, const Machine& machine);

/// Bytes that a run takes on the host, an upper estimate: the program with LibTorch, the replay
/// (frames once, as bytes), and the activations of an update, where `config` puts them on the host.
std::int64_t EstimateBytes(const ExperimentConfig& config, const Machine& machine);

/// `jobs` 0: one run a core (a GPU, if runs learn there) and no more than memory has room for,
/// since runs with one thread each get more done than one run with all (docs/performance.md).
/// Threads are the cores that are left to each. `runs` must not be empty.
Share ShareOut(const std::vector<ExperimentConfig>& runs, int jobs, const Machine& machine);

}  // namespace curl_rl::experiments
