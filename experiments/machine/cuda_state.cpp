// The sentences about a missing GPU, and which device a name means.
#include "experiments/machine/cuda_state.h"

namespace curl_rl::experiments {
namespace {

std::string VersionText(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

// A driver runs what was built for its own major version of CUDA or an older one (CUDA's minor
// version compatibility).
bool TooOld(const CudaState& state) {
  return state.driver_supports > 0 && state.driver_supports / 1000 < state.built_for / 1000;
}

std::string Devices(int count) {
  return std::to_string(count) + (count == 1 ? " device" : " devices");
}

std::string VisibleText(const CudaState& state) {
  return state.visible ? " (CUDA_VISIBLE_DEVICES is '" + *state.visible + "')" : "";
}

}  // namespace

std::string WhyNoCuda(const CudaState& state) {
  if (state.devices > 0) return "";
  if (state.built_for == 0) {
    return "this LibTorch has no CUDA; build against one that has, named in CMAKE_PREFIX_PATH";
  }
  const std::string major = std::to_string(state.built_for / 1000);
  if (!state.has_driver) {
    return "this LibTorch is for CUDA " + VersionText(state.built_for) +
           ", but there is no NVIDIA driver (libcuda.so.1); install one for CUDA " + major +
           " or newer, or give the container the GPU (docker run --gpus all)";
  }
  if (TooOld(state)) {
    return "this LibTorch is for CUDA " + VersionText(state.built_for) +
           ", but the NVIDIA driver knows CUDA up to " + VersionText(state.driver_supports) +
           "; install a driver for CUDA " + major + " or newer, or a LibTorch for CUDA " +
           std::to_string(state.driver_supports / 1000);
  }
  const std::string seen =
      state.driver_error.empty() ? "shows no GPU" : "says '" + state.driver_error + "'";
  return "the NVIDIA driver " + seen + VisibleText(state) +
         "; nvidia-smi tells whether it works and which GPUs there are";
}

std::string Describe(const CudaState& state) {
  if (state.devices == 0) return "none: " + WhyNoCuda(state);
  return Devices(state.devices) + VisibleText(state) + ", LibTorch for CUDA " +
         VersionText(state.built_for) + ", driver for CUDA " + VersionText(state.driver_supports);
}

std::string DeviceComplaint(const std::string& device, const CudaState& state) {
  if (device == "auto" || device == "cpu") return "";
  const std::string got = "device: got '" + device + "'; ";
  if (state.devices == 0) return got + WhyNoCuda(state) + "; allowed here: auto, cpu";
  if (CudaIndex(device) < state.devices) return "";
  const std::string last = "cuda:" + std::to_string(state.devices - 1);
  return got + "CUDA has " + Devices(state.devices) + VisibleText(state) +
         "; allowed here: auto, cpu, cuda" + (state.devices > 1 ? ", cuda:0 .. " : ", ") + last;
}

std::string AutoDeviceWarning(const CudaState& state) {
  if (state.devices > 0 || state.built_for == 0 || !state.has_driver) return "";
  return "device: auto is the CPU here: " + WhyNoCuda(state);
}

int CudaIndex(const std::string& device) {
  return device.rfind("cuda:", 0) == 0 ? std::stoi(device.substr(5)) : 0;
}

}  // namespace curl_rl::experiments
