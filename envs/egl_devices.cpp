// Puts EGL's devices in the order in which they are tried.
#include "envs/egl_devices.h"

#include <algorithm>
#include <stdexcept>

namespace curl_rl::envs {

std::string Describe(const EglDeviceInfo& device) {
  std::string text = device.name.empty() ? "unknown" : device.name;
  if (device.software) text += ", software";
  if (device.cuda_device >= 0) text += ", CUDA device " + std::to_string(device.cuda_device);
  return text;
}

std::string Describe(const std::vector<EglDeviceInfo>& devices) {
  std::string text;
  for (std::size_t i = 0; i < devices.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(i) + " (" + Describe(devices[i]) + ")";
  }
  return text.empty() ? "none" : text;
}

std::vector<int> EglOrder(const std::vector<EglDeviceInfo>& devices, const std::string& named,
                          int cuda_device) {
  const int count = static_cast<int>(devices.size());
  if (!named.empty()) {
    for (int i = 0; i < count; ++i) {
      if (named == std::to_string(i)) return {i};
    }
    throw std::invalid_argument("CURL_RL_EGL_DEVICE=" + named + ": allowed is the number of one " +
                                "of EGL's devices, " + Describe(devices));
  }
  std::vector<int> order;
  for (int i = 0; i < count; ++i) {
    if (!devices[static_cast<std::size_t>(i)].software) order.push_back(i);
  }
  const auto matches = [&](int i) {
    return cuda_device >= 0 && devices[static_cast<std::size_t>(i)].cuda_device == cuda_device;
  };
  if (std::count_if(order.begin(), order.end(), matches) == 1) {
    std::stable_partition(order.begin(), order.end(), matches);
  }
  return order;
}

}  // namespace curl_rl::envs
