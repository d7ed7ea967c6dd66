// What the program knows of LibTorch, in plain strings: no torch header is needed to ask.
#pragma once

#include <string>

namespace curl_rl::experiments {

struct TorchInfo {
  std::string version;
  std::string blas;            // the library whose sgemm is used: a path, or "built in"
  std::string cpu_capability;  // "AVX2"
  std::string cuda;            // the first device's number, or why there is none
  bool has_cuda = false;
};

/// Defined only where the program is built with LibTorch (CURL_RL_WITH_TORCH).
TorchInfo QueryTorch();

}  // namespace curl_rl::experiments
