// Asks OpenBLAS for its kernels' name, and the processor for better ones.
#include "experiments/machine/openblas_kernels.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "experiments/machine/cpu_flags.h"

namespace curl_rl::experiments {

std::string OpenBlasKernels() {
  void* const symbol = ::dlsym(RTLD_DEFAULT, "openblas_get_corename");
  if (symbol == nullptr) return "";
  const char* const name = reinterpret_cast<const char* (*)()>(symbol)();
  return name == nullptr ? "" : name;
}

std::string BetterOpenBlasKernels(const std::string& chosen, const std::string& flags,
                                  const std::string& capability) {
  // Those without AVX2 that OpenBLAS 0.3 falls back to: on a model it does not know, on one whose
  // system lacks AVX.
  constexpr const char* kOld[] = {"Prescott", "Nehalem", "Sandybridge", "Barcelona"};
  if (std::find(std::begin(kOld), std::end(kOld), chosen) == std::end(kOld)) return "";
  if (capability == "default" || !HasFlag(flags, "avx2") || !HasFlag(flags, "fma")) return "";
  const bool avx512 = HasFlag(flags, "avx512f") && HasFlag(flags, "avx512vl") &&
                      HasFlag(flags, "avx512bw") && HasFlag(flags, "avx512dq") &&
                      HasFlag(flags, "avx512cd");
  return avx512 && capability != "avx2" ? "SkylakeX" : "Haswell";
}

void UseBetterOpenBlasKernels() {
  // No other thread has begun. NOLINTBEGIN(concurrency-mt-unsafe)
  constexpr char kVariable[] = "OPENBLAS_CORETYPE";
  if (std::getenv(kVariable) != nullptr) return;
  const char* const capability = std::getenv("ATEN_CPU_CAPABILITY");
  const auto better =
      BetterOpenBlasKernels(OpenBlasKernels(), CpuFlags(), capability == nullptr ? "" : capability);
  if (better.empty()) return;
  // What it does before `main` and behind it, which it exports. Every call looks in its table anew.
  using Function = void (*)();
  const auto quit = reinterpret_cast<Function>(::dlsym(RTLD_DEFAULT, "gotoblas_dynamic_quit"));
  const auto init = reinterpret_cast<Function>(::dlsym(RTLD_DEFAULT, "gotoblas_dynamic_init"));
  if (quit == nullptr || init == nullptr) return;
  ::setenv(kVariable, better.c_str(), /*overwrite=*/1);
  quit();
  init();
  // Python's environments have an OpenBLAS of their own, which may know better.
  ::unsetenv(kVariable);
  // NOLINTEND(concurrency-mt-unsafe)
}

}  // namespace curl_rl::experiments
