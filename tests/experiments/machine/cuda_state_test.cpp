// What is said of a GPU that is there or not, on made-up machines.
#include "experiments/machine/cuda_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace curl_rl::experiments {
namespace {

using testing::AllOf;
using testing::HasSubstr;

CudaState TwoGpus() { return {12040, true, 12060, "", 2, std::nullopt}; }

CudaState Without(int built_for, bool has_driver, int driver_supports,
                  const std::string& driver_error = "") {
  return {built_for, has_driver, driver_supports, driver_error, 0, std::nullopt};
}

TEST(CudaStateTest, EachReasonIsToldWithWhatToDo) {
  EXPECT_THAT(WhyNoCuda(Without(0, true, 12060)),
              AllOf(HasSubstr("LibTorch has no CUDA"), HasSubstr("CMAKE_PREFIX_PATH")));
  EXPECT_THAT(WhyNoCuda(Without(12040, false, 0)),
              AllOf(HasSubstr("for CUDA 12.4, but there is no NVIDIA driver"),
                    HasSubstr("install one for CUDA 12 or newer"), HasSubstr("--gpus all")));
  // A driver of the same major version serves, whatever its minor one; an older one does not.
  EXPECT_THAT(WhyNoCuda(Without(12040, true, 11080, "CUDA driver version is insufficient, 35")),
              AllOf(HasSubstr("for CUDA 12.4, but the NVIDIA driver knows CUDA up to 11.8"),
                    HasSubstr("or a LibTorch for CUDA 11")));
  EXPECT_THAT(WhyNoCuda(Without(12040, true, 12000)), HasSubstr("the NVIDIA driver shows no GPU"));
  EXPECT_THAT(
      WhyNoCuda(Without(12040, true, 12060, "no CUDA-capable device is detected, 100")),
      AllOf(HasSubstr("says 'no CUDA-capable device is detected, 100'"), HasSubstr("nvidia-smi")));
  EXPECT_EQ(WhyNoCuda(TwoGpus()), "");
}

TEST(CudaStateTest, HiddenGpusAreNamedAsSuch) {
  auto state = Without(12040, true, 12060);
  state.visible = "";
  EXPECT_THAT(WhyNoCuda(state), HasSubstr("(CUDA_VISIBLE_DEVICES is '')"));
  state = TwoGpus();
  state.visible = "4,7";
  EXPECT_EQ(Describe(state),
            "2 devices (CUDA_VISIBLE_DEVICES is '4,7'), LibTorch for CUDA 12.4, driver for CUDA "
            "12.6");
}

TEST(CudaStateTest, AutoAndCpuAreAlwaysRight) {
  for (const char* device : {"auto", "cpu"}) {
    EXPECT_EQ(DeviceComplaint(device, Without(12040, false, 0)), "");
    EXPECT_EQ(DeviceComplaint(device, TwoGpus()), "");
  }
}

TEST(CudaStateTest, ADeviceThatIsNotThereIsRefusedWithThoseThatAre) {
  EXPECT_THAT(DeviceComplaint("cuda", Without(0, false, 0)),
              AllOf(HasSubstr("device: got 'cuda'; this LibTorch has no CUDA"),
                    HasSubstr("; allowed here: auto, cpu")));
  auto state = TwoGpus();
  for (const char* device : {"cuda", "cuda:0", "cuda:1"}) {
    EXPECT_EQ(DeviceComplaint(device, state), "");
  }
  EXPECT_EQ(DeviceComplaint("cuda:2", state),
            "device: got 'cuda:2'; CUDA has 2 devices; allowed here: auto, cpu, cuda, cuda:0 "
            ".. cuda:1");
  state.devices = 1;
  state.visible = "3";
  EXPECT_EQ(DeviceComplaint("cuda:3", state),
            "device: got 'cuda:3'; CUDA has 1 device (CUDA_VISIBLE_DEVICES is '3'); allowed "
            "here: auto, cpu, cuda, cuda:0");
}

TEST(CudaStateTest, AutoWarnsOfADriverThatCannotBeUsedOnly) {
  EXPECT_EQ(AutoDeviceWarning(TwoGpus()), "");
  EXPECT_EQ(AutoDeviceWarning(Without(0, true, 12060)), "");   // a LibTorch for CPUs
  EXPECT_EQ(AutoDeviceWarning(Without(12040, false, 0)), "");  // a machine without a GPU
  EXPECT_THAT(AutoDeviceWarning(Without(12040, true, 11080)),
              HasSubstr("device: auto is the CPU here: this LibTorch is for CUDA 12.4"));
}

}  // namespace
}  // namespace curl_rl::experiments
