// Asks LibTorch for its version, its BLAS, its CPU kernels and its GPUs.
#include "experiments/machine/torch_info.h"

#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>
#include <torch/cuda.h>
#include <torch/types.h>
#include <torch/version.h>

#include <climits>
#include <cstdlib>

#include "experiments/machine/cuda_driver.h"
#include "experiments/machine/openblas_kernels.h"

namespace curl_rl::experiments {
namespace {

// Debian's LibTorch calls whatever library the system's libblas.so.3 points to.
std::string BlasLibrary() {
  void* const function = ::dlsym(RTLD_DEFAULT, "sgemm_");
  Dl_info info{};
  if (function == nullptr || ::dladdr(function, &info) == 0) return "built in";
  char path[PATH_MAX];
  return ::realpath(info.dli_fname, path) != nullptr ? path : info.dli_fname;
}

// One line of at::show_config, e.g. "  - CPU capability usage: AVX2": its part after `key`.
std::string ConfigLine(const std::string& key) {
  const std::string config = at::show_config();
  const std::size_t begin = config.find(key);
  if (begin == std::string::npos) return "unknown";
  const std::size_t end = config.find('\n', begin);
  return config.substr(begin + key.size(), end - begin - key.size());
}

}  // namespace

CudaState QueryCuda() {
  CudaState state;
  if (const char* visible = std::getenv("CUDA_VISIBLE_DEVICES")) state.visible = visible;
  const auto& hooks = at::detail::getCUDAHooks();
  if (!hooks.hasCUDART()) return state;
  state.built_for = static_cast<int>(hooks.versionCUDART());
  const auto driver = AskCudaDriver();
  state.has_driver = driver.found;
  state.driver_supports = driver.supports;
  state.driver_error = driver.error;
  if (state.driver_error.empty()) state.devices = static_cast<int>(torch::cuda::device_count());
  return state;
}

TorchInfo QueryTorch() {
  TorchInfo info;
  info.version = TORCH_VERSION;
  info.blas = BlasLibrary();
  info.blas_kernels = OpenBlasKernels();
  info.cpu_capability = ConfigLine("CPU capability usage: ");
  // No thread of ours changes it. NOLINTNEXTLINE(concurrency-mt-unsafe)
  if (const char* const told = std::getenv("ATEN_CPU_CAPABILITY")) {
    info.cpu_capability += std::string(" (ATEN_CPU_CAPABILITY=") + told + ")";
  }
  info.cuda = QueryCuda();
  return info;
}

}  // namespace curl_rl::experiments
