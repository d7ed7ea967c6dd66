#include "experiments/process_setup.h"

#include <malloc.h>

#include <cstdlib>
#include <limits>
#include <thread>

#include "envs/gl_context.h"
#include "experiments/command.h"

namespace curl_rl::experiments {

int SetUpProcess(const ExperimentConfig& config) {
  // glibc maps blocks of 32 MB and more anew at every allocation and gives them back at every free;
  // faulting their pages in again costs up to ten times the arithmetic of an update at batch 512
  // (docs/performance.md). All memory from the heap, and the heap never shrinks: activations of one
  // update use the pages of the one before.
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  mallopt(M_TOP_PAD, 64 << 20);

  if (config.deterministic) {
    // An operation without a repeatable kernel then throws. cuBLAS must know before its first use;
    // what the user has chosen stays. The CPU's kernels repeat anyhow.
    ::setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);
    at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/false);
    at::globalContext().setDeterministicCuDNN(true);
    at::globalContext().setBenchmarkCuDNN(false);
  }
  std::int64_t threads = config.threads;
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  at::set_num_threads(static_cast<int>(threads));
  // LibTorch takes this once in a process, before any work.
  static const bool set = (at::set_num_interop_threads(1), true);
  (void)set;
  return static_cast<int>(threads);
}

torch::Device ResolveDevice(const std::string& name) {
  const auto count = torch::cuda::is_available() ? torch::cuda::device_count() : 0;
  if (name == "cpu" || (name == "auto" && count == 0)) return torch::kCPU;
  if (count == 0) {
    throw UsageError("device: got '" + name +
                     "', but this LibTorch sees no CUDA device; allowed here: auto, cpu (curl-rl "
                     "doctor tells more)");
  }
  const std::size_t index =
      name == "auto" || name == "cuda" ? 0 : static_cast<std::size_t>(std::stoul(name.substr(5)));
  if (index >= count) {
    throw UsageError("device: got '" + name + "', but there are " + std::to_string(count) +
                     " CUDA devices; allowed: cuda:0 .. cuda:" + std::to_string(count - 1));
  }
  envs::DrawOnCudaDevice(static_cast<int>(index));
  return {torch::kCUDA, static_cast<torch::DeviceIndex>(index)};
}

}  // namespace curl_rl::experiments
