// Which of its kernels OpenBLAS runs: one that does not know a processor newer than itself takes
// those of 2004.
#pragma once

#include <string>

namespace curl_rl::experiments {

/// The processor whose kernels OpenBLAS has chosen ("Haswell", "SkylakeX", ...); "" if matrices are
/// multiplied by another library.
std::string OpenBlasKernels();

/// The kernels to ask for (OPENBLAS_CORETYPE) where OpenBLAS has chosen `chosen` on a CPU of these
/// `flags` (CpuFlags()), and LibTorch is told `capability` (ATEN_CPU_CAPABILITY; ""). "": those it
/// has are right, or it is not known that others are better.
std::string BetterOpenBlasKernels(const std::string& chosen, const std::string& flags,
                                  const std::string& capability);

/// Has OpenBLAS choose again, with OPENBLAS_CORETYPE set for that moment, where it has chosen
/// kernels without AVX2 on a processor that has it. What the user has set stays. An OpenBLAS that
/// cannot choose again keeps its kernels. To be called before matrices are multiplied and threads
/// begin.
void UseBetterOpenBlasKernels();

}  // namespace curl_rl::experiments
