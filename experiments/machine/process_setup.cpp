// The allocator, LibTorch's threads, kernels and precision, and the choice of a device.
#include "experiments/machine/process_setup.h"

#include <malloc.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "envs/gl_context.h"
#include "experiments/config/usage_error.h"
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

int SetUpProcess(const ExperimentConfig& config) {
  // glibc maps blocks of 32 MB and more anew at every allocation and gives them back at every free;
  // faulting their pages in again costs up to ten times the arithmetic of an update at batch 512
  // (docs/performance.md). All memory from the heap, and the heap never shrinks: activations of one
  // update use the pages of the one before.
  // No other thread has begun. NOLINTBEGIN(concurrency-mt-unsafe)
  const bool glibc = mallopt(M_MMAP_MAX, 0) == 1;  // not a sanitizer's allocator
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  mallopt(M_TOP_PAD, 64 << 20);
  // NOLINTEND(concurrency-mt-unsafe)
  if (glibc) UseHugePages();

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
  std::int64_t threads = config.threads;
  const int cores = replay::CoresOfProcess();
  if (threads == 0) threads = cores;
  if (threads > cores) {
    std::fprintf(stderr,
                 "curl-rl: warning: threads %lld, but this process has %d cores: more threads than "
                 "cores make a run slower\n",
                 static_cast<long long>(threads), cores);
  }
  at::set_num_threads(static_cast<int>(threads));
  // LibTorch takes this once in a process, before any work.
  static const bool set = (at::set_num_interop_threads(1), true);
  (void)set;
  return static_cast<int>(threads);
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
