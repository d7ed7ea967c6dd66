#include "experiments/torch_info.h"

#include <dlfcn.h>
#include <torch/torch.h>

#include <climits>
#include <cstdlib>

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

TorchInfo QueryTorch() {
  TorchInfo info;
  info.version = TORCH_VERSION;
  info.blas = BlasLibrary();
  info.cpu_capability = ConfigLine("CPU capability usage: ");
  info.has_cuda = torch::cuda::is_available();
  info.cuda = info.has_cuda ? std::to_string(torch::cuda::device_count()) + " device(s)"
                            : (at::hasCUDA() ? "no device that this LibTorch can use"
                                             : "LibTorch without CUDA");
  return info;
}

}  // namespace curl_rl::experiments
