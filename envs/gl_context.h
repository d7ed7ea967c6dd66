// Off-screen OpenGL without linking any: EGL, else OSMesa, opened at run time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "envs/egl_devices.h"

namespace curl_rl::envs {

/// What Mesa's software renderer maps for its first context, bytes: of address space (`ulimit -v`),
/// its libraries and the code that it compiles among it, and of that what counts as data (-d). Seen
/// were 235 and 75 MB; where a limit leaves less, it may end the process in the middle of a frame.
constexpr long long kFirstContextSpace = 280'000'000, kFirstContextData = 120'000'000;

/// What draws.
struct GlInfo {
  std::string backend;   // "egl" or "osmesa"
  std::string vendor;    // GL_VENDOR
  std::string renderer;  // GL_RENDERER
  std::string version;   // GL_VERSION
  int egl_device = -1;   // its number in EglDevices(); -1: not of that list

  std::string Describe() const;  // one line
  bool software() const;         // the CPU draws
};

/// One GL context, not current to any thread unless a `Current` lives.
///
/// MuJoCo 2.2 looks up its GL functions once in a program, so all contexts of a program come from
/// one backend: the first that works, or the one that the environment variable CURL_RL_GL names
/// (egl, osmesa). On EGL a hardware device comes before software, that of DrawOnCudaDevice before
/// other hardware; CURL_RL_EGL_DEVICE names another by its number in EglDevices(). Unless
/// LP_NUM_THREADS is set, Mesa's software renderer is told to stay on the calling thread. Two
/// threads take 25 to 37 % off a step where nothing else runs, for 20 to 45 % more work; beside
/// LibTorch's, which spin while they wait, an evaluation on two cores took a fifth longer with
/// them.
class GlContext {
 public:
  virtual ~GlContext() = default;
  GlContext(const GlContext&) = delete;
  GlContext& operator=(const GlContext&) = delete;

  /// Throws std::runtime_error that names the Debian packages if no backend works, or the limit of
  /// this process that leaves no room for one (see kFirstContextSpace), std::invalid_argument if
  /// CURL_RL_GL or CURL_RL_EGL_DEVICE name none. The size is that of OSMesa's own buffer.
  static std::unique_ptr<GlContext> Make(int height, int width);

  const GlInfo& info() const { return info_; }

  /// While current, after drawing: throws std::runtime_error if GL has lost what was drawn, because
  /// the context is lost (its GPU was reset or taken away), memory ran out, or the frame buffer is
  /// none.
  void CheckDrawn() const;

  /// While it lives, the context is current; then whatever was before is again. A context of GLFW
  /// must be one of EGL (GLFW_CONTEXT_CREATION_API), or not be current meanwhile: EGL refuses to
  /// follow a current GLX context, which is a std::logic_error here. A lost context is a
  /// std::runtime_error.
  class Current {
   public:
    explicit Current(GlContext& context) : context_(context) { context_.Enter(); }
    ~Current() { context_.Leave(); }
    Current(const Current&) = delete;
    Current& operator=(const Current&) = delete;

   private:
    GlContext& context_;
  };

 protected:
  GlContext() = default;
  virtual void Enter() = 0;
  virtual void Leave() = 0;

  /// While current: looks up what the base class calls, and what draws.
  void Load(const char* backend, const std::function<void*(const char*)>& find_function);

  /// Throws the error that tells of a lost context.
  [[noreturn]] void ThrowLost(const std::string& what) const;

  GlInfo info_;

 private:
  unsigned (*get_error_)() = nullptr;  // glGetError
};

/// Before the first context: draw on the GPU of this CUDA device if EGL has it. `number` is the one
/// that CUDA gives it in this process (CUDA_VISIBLE_DEVICES counts); -1: no preference.
void DrawOnCudaDevice(int number);

/// EGL's devices in its order. Throws std::runtime_error if there is no EGL.
std::vector<EglDeviceInfo> EglDevices();

/// Makes a small context to tell what would draw. Errors as GlContext::Make. Afterwards MuJoCo
/// finds OpenGL: a program that draws into a window of its own calls this first.
GlInfo QueryGl();

}  // namespace curl_rl::envs
