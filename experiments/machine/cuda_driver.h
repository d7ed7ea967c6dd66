// NVIDIA's driver, asked through its own library, which is opened, not linked: so the program
// starts without it, and can say what is missing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace curl_rl::experiments {

struct CudaDriver {
  bool found = false;  // libcuda.so.1 can be opened
  int supports = 0;    // newest CUDA it knows, 1000 x major + 10 x minor; 0: it does not say
  std::string error;   // what it says when it is asked to start, with its number; "": it starts
};
CudaDriver AskCudaDriver();

/// Free bytes of each GPU that CUDA shows to this process, in its order; 0 where it does not say.
/// Nothing stays allocated on them.
std::vector<std::int64_t> FreeGpuBytes();

}  // namespace curl_rl::experiments
