// Which of EGL's devices draws: told by what is known of them before one is opened.
#pragma once

#include <string>
#include <vector>

namespace curl_rl::envs {

/// A device as EGL lists them; its place in the list is its number.
struct EglDeviceInfo {
  std::string name;       // who drives it, and where: "NVIDIA, /dev/dri/card0"
  bool software = false;  // the CPU draws
  int cuda_device = -1;   // its number among those that CUDA shows to this process; -1: none
};

/// "0 (NVIDIA, /dev/dri/card0, CUDA device 1), 1 (Mesa, software)"; "none" if there are none.
std::string Describe(const std::vector<EglDeviceInfo>& devices);
std::string Describe(const EglDeviceInfo& device);

/// The numbers of the devices to try, best first. `named`, the text of CURL_RL_EGL_DEVICE, is the
/// only one if it is not empty. Otherwise the hardware, that of `cuda_device` first if exactly one
/// device has this number (some drivers give the same one to devices that CUDA_VISIBLE_DEVICES
/// hides); software comes after all of EGL's other ways to a display and is not among them. Throws
/// std::invalid_argument that lists the devices if `named` is none of their numbers.
std::vector<int> EglOrder(const std::vector<EglDeviceInfo>& devices, const std::string& named,
                          int cuda_device);

}  // namespace curl_rl::envs
