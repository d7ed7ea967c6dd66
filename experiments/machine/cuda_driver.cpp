// Asks libcuda for its version, its devices and their free memory.
#include "experiments/machine/cuda_driver.h"

#include <dlfcn.h>

#include <cstddef>

namespace curl_rl::experiments {
namespace {

// The functions that are called here, as <cuda.h> has them; each returns 0 if all is well.
class Library {
 public:
  Library() : handle_(::dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL)) {}

  bool found() const { return handle_ != nullptr; }

  // The result of `name`(arguments...); -1 if there is no such function.
  template <typename... Arguments>
  int Call(const char* name, Arguments... arguments) const {
    void* const symbol = handle_ != nullptr ? ::dlsym(handle_, name) : nullptr;
    if (symbol == nullptr) return -1;
    return reinterpret_cast<int (*)(Arguments...)>(symbol)(arguments...);
  }

 private:
  void* handle_;  // never closed: LibTorch uses it too
};

}  // namespace

CudaDriver AskCudaDriver() {
  const Library cuda;
  CudaDriver driver;
  driver.found = cuda.found();
  if (!driver.found) return driver;
  if (cuda.Call("cuDriverGetVersion", &driver.supports) != 0) driver.supports = 0;
  const int error = cuda.Call("cuInit", 0u);
  if (error == 0) return driver;
  const char* text = nullptr;
  if (cuda.Call("cuGetErrorString", error, &text) != 0 || text == nullptr) text = "unknown error";
  driver.error = std::string(text) + ", " + std::to_string(error);
  return driver;
}

std::vector<std::int64_t> FreeGpuBytes() {
  const Library cuda;
  int count = 0;
  if (cuda.Call("cuInit", 0u) != 0 || cuda.Call("cuDeviceGetCount", &count) != 0) return {};
  std::vector<std::int64_t> bytes;
  for (int device = 0; device < count; ++device) {
    // Only a context tells what is free; it goes again. Devices are their numbers (CUdevice is
    // int).
    void* context = nullptr;
    std::size_t free = 0;
    std::size_t total = 0;
    if (cuda.Call("cuDevicePrimaryCtxRetain", &context, device) == 0) {
      if (cuda.Call("cuCtxPushCurrent_v2", context) == 0) {
        if (cuda.Call("cuMemGetInfo_v2", &free, &total) != 0) free = 0;
        cuda.Call("cuCtxPopCurrent_v2", &context);
      }
      cuda.Call("cuDevicePrimaryCtxRelease_v2", device);
    }
    bytes.push_back(static_cast<std::int64_t>(free));
  }
  return bytes;
}

}  // namespace curl_rl::experiments
