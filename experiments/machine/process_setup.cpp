// The allocator, LibTorch's threads, kernels and precision, and the choice of a device.
#include "experiments/machine/process_setup.h"

#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "envs/gl_context.h"
#include "envs/python/python_task.h"
#include "experiments/config/usage_error.h"
#include "experiments/machine/cpu_flags.h"
#include "experiments/machine/descriptor_room.h"
#include "experiments/machine/openblas_buffers.h"
#include "experiments/machine/thread_room.h"
#include "experiments/machine/torch_info.h"
#include "replay/process_limits.h"

namespace curl_rl::experiments {

namespace {

// Grows the heap at once, by addresses only, and asks for pages of 2 MB in it, which the kernel
// then fills as they are touched: 2 to 3 % of a bfloat16 update's time. What does not fit goes into
// ordinary pages, as does all of it where the kernel has no others.
void UseHugePages() {
  constexpr std::size_t kBytes = std::size_t{1} << 30, kHugePage = std::size_t{2} << 20;
  auto* const begin = static_cast<char*>(std::malloc(kBytes));
  if (begin == nullptr) return;
  const auto skipped =
      (kHugePage - reinterpret_cast<std::uintptr_t>(begin) % kHugePage) % kHugePage;
  ::madvise(begin + skipped, kBytes - skipped, MADV_HUGEPAGE);
  std::free(begin);  // the heap keeps it
}

}  // namespace

int TakeThreads(const ExperimentConfig& config) {
  const int threads =
      config.threads == 0 ? replay::CoresOfProcess() : static_cast<int>(config.threads);
  // LibTorch has two pools of so many, OpenMP's and its own; environments and drawing have theirs.
  const auto playing = [&](std::int64_t lanes) {
    return static_cast<int>(std::min<std::int64_t>(lanes, threads));
  };
  CheckDescriptors(
      kRunDescriptors +
      (envs::IsPythonTask(config.task)
           ? kHostedDescriptors * static_cast<int>(config.environments + config.eval_environments)
           : 0));
  CheckThreads(2 * threads + playing(config.environments) + playing(config.eval_environments));
  TakeOpenBlasBuffers(threads);
  return threads;
}

int SetUpProcess(const ExperimentConfig& config) {
  const int threads = TakeThreads(config);  // before the heap's reserve takes the room
  // glibc maps blocks of 32 MB and more anew at every allocation and gives them back at every free;
  // faulting their pages in again costs up to ten times the arithmetic of an update at batch 512
  // (docs/performance.md). All memory from the heap, and the heap never shrinks: activations of one
  // update use the pages of the one before.
  // No other thread has begun. NOLINTBEGIN(concurrency-mt-unsafe)
  const bool glibc = mallopt(M_MMAP_MAX, 0) == 1;  // not a sanitizer's allocator
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  if (!replay::MappingsAreLimited()) {
    mallopt(M_TOP_PAD, 64 << 20);
    if (glibc) UseHugePages();
  }
  // NOLINTEND(concurrency-mt-unsafe)

  // CUDA. Shapes never change, so that cuDNN may try its kernels once and keep the fastest.
  // Products of float32 matrices take TF32 where the config does not ask for float32: in bfloat16
  // these are the heads' first and last, beside products in bfloat16 anyhow.
  const bool tf32 = config.agent.precision != agents::Precision::kFloat32;
  at::globalContext().setBenchmarkCuDNN(true);
  at::globalContext().setAllowTF32CuBLAS(tf32);
  at::globalContext().setAllowTF32CuDNN(tf32);

  if (config.deterministic) {
    // An operation without a repeatable kernel then throws. cuBLAS must know before its first use;
    // what the user has chosen stays. The CPU's kernels repeat anyhow.
    // No other thread has begun. NOLINTNEXTLINE(concurrency-mt-unsafe)
    ::setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);
    at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/false);
    at::globalContext().setDeterministicCuDNN(true);
    at::globalContext().setBenchmarkCuDNN(false);
  }
  if (const int cores = replay::CoresOfProcess(); threads > cores) {
    std::fprintf(stderr,
                 "curl-rl: warning: threads %d, but this process has %d cores: more threads than "
                 "cores make a run slower\n",
                 threads, cores);
  }
  at::set_num_threads(threads);
  // LibTorch takes this once in a process, before any work.
  static const bool set = (at::set_num_interop_threads(1), true);
  (void)set;
  return threads;
}

void WarnOfPrecision(const ExperimentConfig& config, const torch::Device& device) {
  if (!device.is_cpu()) return;
  const auto warning = PrecisionWarning(config.agent.precision, CpuFlags());
  if (!warning.empty()) std::fprintf(stderr, "curl-rl: warning: %s\n", warning.c_str());
}

torch::Device ResolveDevice(const std::string& name) {
  if (name == "cpu") return torch::kCPU;
  const auto cuda = QueryCuda();
  const auto complaint = DeviceComplaint(name, cuda);
  if (!complaint.empty()) throw UsageError(complaint);
  if (cuda.devices == 0) {
    const auto warning = AutoDeviceWarning(cuda);
    if (!warning.empty()) std::fprintf(stderr, "curl-rl: warning: %s\n", warning.c_str());
    return torch::kCPU;
  }
  const int index = CudaIndex(name);
  envs::DrawOnCudaDevice(index);
  return {torch::kCUDA, static_cast<torch::DeviceIndex>(index)};
}

}  // namespace curl_rl::experiments
