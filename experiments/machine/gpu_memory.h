// A GPU whose memory is used up, told in the config's terms.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <stdexcept>
#include <string>

#include "experiments/config/config.h"

namespace curl_rl::experiments {

/// Whether an error of LibTorch with this text means that a GPU's memory is used up: its allocator
/// says so, or a library that allocates by itself.
bool IsOutOfGpuMemory(const std::string& error);

/// What to tell of it. `free_bytes`: left on `device` now; `error`: LibTorch's words, of which the
/// first line is kept.
std::string OutOfGpuMemoryText(const ExperimentConfig& config, const std::string& device,
                               std::int64_t free_bytes, const std::string& error);

/// The same, with what is left on the device now.
std::string OutOfGpuMemoryText(const ExperimentConfig& config, const torch::Device& device,
                               const std::string& error);

/// Calls `work` and gives what it gives. LibTorch's error of want of GPU memory becomes a
/// std::runtime_error with OutOfGpuMemoryText.
template <typename Work>
auto WithMemoryAdvice(const ExperimentConfig& config, const torch::Device& device, Work work) {
  try {
    return work();
  } catch (const c10::Error& error) {
    if (!IsOutOfGpuMemory(error.what())) throw;
    throw std::runtime_error(OutOfGpuMemoryText(config, device, error.what()));
  }
}

}  // namespace curl_rl::experiments
