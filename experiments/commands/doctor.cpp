// The command `doctor`: what this machine has, what it lacks, and what to do about it.
#include <mujoco/mujoco.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <thread>
#include <vector>

#include "envs/gl_context.h"
#include "envs/registry.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/command.h"
#include "experiments/machine/cpu_flags.h"
#include "experiments/machine/torch_info.h"
#include "experiments/machine/version.h"
#include "experiments/run/run_directory.h"

namespace curl_rl::experiments {
namespace {

// Prints "name   value" at once and keeps advice for the end.
class Findings {
 public:
  void Show(std::string name, const std::string& value) {
    name.resize(12, ' ');
    std::cout << name << value << std::endl;
  }
  void Advise(const std::string& advice) { advice_.push_back(advice); }
  void Missing(const std::string& advice) {
    missing_ = true;
    Advise(advice);
  }
  int Finish() const {
    for (const std::string& advice : advice_) std::cout << "\n* " << advice << "\n";
    if (advice_.empty()) std::cout << "\nNothing is missing.\n";
    return missing_ ? 1 : 0;
  }

 private:
  std::vector<std::string> advice_;
  bool missing_ = false;
};

#ifdef CURL_RL_WITH_TORCH
void CheckTorch(Findings* findings) {
  const TorchInfo torch = QueryTorch();
  findings->Show("LibTorch", torch.version + ", " + torch.cpu_capability);
  findings->Show(
      "BLAS", torch.blas + (torch.blas_kernels.empty() ? "" : ", kernels " + torch.blas_kernels));
  const std::string flags = CpuFlags();
  const std::string bfloat16 = Bfloat16Flag(flags);
  findings->Show("bfloat16", !bfloat16.empty() ? "by the CPU (" + bfloat16 + ")"
                             : flags.empty()   ? "not known of this CPU"
                                               : "not by this CPU, emulated: train in float32");
  findings->Show("CUDA", Describe(torch.cuda));
  if (torch.blas.find("openblas") == std::string::npos && torch.blas != "built in" &&
      torch.blas.find("mkl") == std::string::npos) {
    findings->Advise(
        "LibTorch multiplies matrices with a slow BLAS (" + torch.blas +
        "); training may take several times longer: apt-get install libopenblas0-openmp");
  }
  if (torch.cuda.devices == 0) {
    findings->Advise("No GPU for the learner, it runs on the CPU: " + WhyNoCuda(torch.cuda) + ".");
  }
}
#else
void CheckTorch(Findings* findings) {
  findings->Show("LibTorch", "not built in (CURL_RL_TORCH=OFF)");
  findings->Missing(
      "No agent without LibTorch: apt-get install libtorch-dev, and build with "
      "CURL_RL_TORCH=ON.");
}
#endif

void CheckMujoco(Findings* findings) {
  const std::string linked = ::mj_versionString();
  const std::string built = std::to_string(mjVERSION_HEADER);
  findings->Show("MuJoCo", linked);
  if (std::to_string(::mj_version()) != built) {
    findings->Missing("MuJoCo " + linked +
                      " is loaded, but the program was built with headers of " + "version " +
                      built + ": build it again.");
  }
}

// Milliseconds for one 100x100 frame of a moving cart-pole, as the agent sees it.
double MeasureRendering() {
  envs::EnvironmentOptions options;
  const auto environment = envs::Make("cartpole_swingup", options);
  const envs::ObservationSpec& spec = environment->observation_spec();
  std::vector<std::uint8_t> pixels(spec.pixel_count());
  environment->Reset();
  using Clock = std::chrono::steady_clock;
  std::chrono::duration<double, std::milli> drawing{0};
  constexpr int kWarmUp = 5;
  constexpr int kFrames = 50;
  for (int frame = 0; frame < kWarmUp + kFrames; ++frame) {
    environment->Step({0.5});
    const auto start = Clock::now();
    environment->Observe(pixels.data());
    if (frame >= kWarmUp) drawing += Clock::now() - start;
  }
  return drawing.count() / kFrames;
}

// The one that is taken is marked.
void ShowEglDevices(const envs::GlInfo& gl, Findings* findings) {
  if (gl.backend != "egl") return;
  const auto devices = envs::EglDevices();
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const bool taken = gl.egl_device == static_cast<int>(i);
    findings->Show("EGL " + std::to_string(i),
                   envs::Describe(devices[i]) + (taken ? "  <- draws" : ""));
  }
}

void CheckRendering(Findings* findings) {
  try {
    const envs::GlInfo gl = envs::QueryGl();
    findings->Show("OpenGL", gl.Describe());
    ShowEglDevices(gl, findings);
    char text[96];
    std::snprintf(text, sizeof text, "%.2f ms a frame of 100x100 pixels (cartpole_swingup)",
                  MeasureRendering());
    findings->Show("rendering", text);
    if (gl.software()) {
      findings->Advise("Frames are drawn by the CPU (" + gl.renderer +
                       "). With a GPU in this machine, its driver's EGL library is missing or not "
                       "reachable (NVIDIA in a container: NVIDIA_DRIVER_CAPABILITIES=all).");
    }
  } catch (const std::runtime_error& error) {
    findings->Show("OpenGL", "none");
    findings->Missing(std::string("No frames can be drawn: ") + error.what());
  }
}

}  // namespace

int DoctorCommand(const std::vector<std::string>& arguments) {
  const ArgumentSpec spec{
      "doctor",
      "What this machine has for training and rendering, what it lacks, and how "
      "to get it.\nExit status 1 if something needed is missing."};
  if (!ParseArguments(spec, arguments)) return 0;
  Findings findings;
  findings.Show("curl-rl", std::string(kVersion) + " (" + kGitCommit + ", " + kCompiler + ")");
  findings.Show("host", HostName() + ", " + CpuName() + ", " +
                            std::to_string(std::thread::hardware_concurrency()) + " cores");
  CheckTorch(&findings);
  CheckMujoco(&findings);
  CheckRendering(&findings);
  return findings.Finish();
}

}  // namespace curl_rl::experiments
