// What stands between the program and a GPU, and how it is told. No LibTorch header is needed.
#pragma once

#include <optional>
#include <string>

namespace curl_rl::experiments {

/// CUDA on this machine, as LibTorch and the driver tell it. Versions are 1000 x major + 10 x
/// minor.
struct CudaState {
  int built_for = 0;         // CUDA version of this LibTorch; 0: it has none
  bool has_driver = false;   // libcuda.so.1 can be opened
  int driver_supports = 0;   // newest CUDA version that the driver knows; 0: it does not say
  std::string driver_error;  // what the driver says when it is asked to start; "": it starts
  int devices = 0;           // that this LibTorch can use
  std::optional<std::string> visible;  // the environment variable CUDA_VISIBLE_DEVICES
};

/// Why no GPU can learn here and what to do about it, in one sentence; "" if one can.
std::string WhyNoCuda(const CudaState& state);

/// "2 devices, LibTorch for CUDA 12.4, driver for CUDA 12.6", or why there is none.
std::string Describe(const CudaState& state);

/// What is wrong with the config's `device` (auto, cpu, cuda or cuda:N): what, got, allowed; "" if
/// nothing is. auto and cpu are always right.
std::string DeviceComplaint(const std::string& device, const CudaState& state);

/// What a user who wrote `device: auto` should know: that a GPU with its driver is there, but
/// cannot be used. "" if there is nothing to warn of.
std::string AutoDeviceWarning(const CudaState& state);

/// N of cuda:N; 0 of auto and cuda.
int CudaIndex(const std::string& device);

}  // namespace curl_rl::experiments
