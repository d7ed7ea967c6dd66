// What must be set once, before the first tensor.
#pragma once

#include <torch/types.h>

#include <string>

#include "experiments/config/config.h"

namespace curl_rl::experiments {

/// Sets LibTorch's threads (config.threads; 0: one a core), makes the allocator keep its memory and
/// keeps to repeatable CUDA kernels if config.deterministic. Returns the number of threads. To be
/// called at the start of a command that learns or acts.
int SetUpProcess(const ExperimentConfig& config);

/// config.threads (0: one a core), and as many of the system's: throws std::runtime_error where
/// threads, OpenBLAS's buffers for them or open files cannot be had. SetUpProcess asks this too;
/// before it, where what is left of memory is to be known.
int TakeThreads(const ExperimentConfig& config);

/// Says on stderr if `device` is a CPU that emulates config.agent.precision.
void WarnOfPrecision(const ExperimentConfig& config, const torch::Device& device);

/// The device that `name` means: auto (CUDA if this LibTorch and machine have it, else the CPU,
/// with a warning if a driver is there), cpu, cuda, cuda:N. A GPU that learns draws too, where EGL
/// has it: to be called before an environment is made. Throws UsageError that says what is there.
torch::Device ResolveDevice(const std::string& name);

}  // namespace curl_rl::experiments
