// Knows LibTorch's words for a GPU that is full, and writes the advice.
#include "experiments/machine/gpu_memory.h"

#include "replay/memory.h"

namespace curl_rl::experiments {

bool IsOutOfGpuMemory(const std::string& error) {
  for (const char* sign : {"CUDA out of memory", "CUDA error: out of memory",
                           "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED"}) {
    if (error.find(sign) != std::string::npos) return true;
  }
  return false;
}

std::string OutOfGpuMemoryText(const ExperimentConfig& config, const std::string& device,
                               std::int64_t free_bytes, const std::string& error) {
  return device + " has no memory left for this run: agent.batch_size " +
         std::to_string(config.agent.batch_size) + " in " + envs::NameOf(config.agent.precision) +
         ", replay_capacity " + std::to_string(config.replay_capacity) + "; " +
         replay::FormatBytes(free_bytes) +
         " are free now. Let fewer programs use this GPU (nvidia-smi lists them) or choose another "
         "device and resume the run; a new run may lower replay_capacity or agent.batch_size, or "
         "set agent.precision to bfloat16. LibTorch says: " +
         error.substr(0, error.find('\n'));
}

std::string OutOfGpuMemoryText(const ExperimentConfig& config, const torch::Device& device,
                               const std::string& error) {
  std::int64_t free_bytes = 0;
  try {
    free_bytes = replay::AvailableBytes(device);
  } catch (const c10::Error&) {
    // After some failures CUDA answers nothing any more.
  }
  return OutOfGpuMemoryText(config, device.str(), free_bytes, error);
}

}  // namespace curl_rl::experiments
