// What the program knows of LibTorch, in plain strings: no torch header is needed to ask.
#pragma once

#include <string>

#include "experiments/machine/cuda_state.h"

namespace curl_rl::experiments {

struct TorchInfo {
  std::string version;
  std::string blas;            // the library whose sgemm is used: a path, or "built in"
  std::string blas_kernels;    // of OpenBLAS: "SkylakeX"; "" for other libraries
  std::string cpu_capability;  // "AVX2"; with what ATEN_CPU_CAPABILITY says, if anything
  CudaState cuda;
};

/// Both are defined only where the program is built with LibTorch (CURL_RL_WITH_TORCH).
TorchInfo QueryTorch();
CudaState QueryCuda();

}  // namespace curl_rl::experiments
