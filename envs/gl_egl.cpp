// EGL without a window system: a hardware device if one works, else Mesa's software renderer.
#include <dlfcn.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "envs/egl_devices.h"
#include "envs/egl_library.h"
#include "envs/gl_backends.h"

namespace curl_rl::envs {
namespace {

// The display that the program draws on, opened once and never closed: another part of the program
// may use it too, and eglTerminate would take its contexts away.
struct EglDevice {
  EglLibrary egl;
  EGLDisplay display = EGL_NO_DISPLAY;
  EGLConfig config = nullptr;
  bool needs_surface = false;  // a context of an old EGL is current only with one
  int number = -1;             // in EglDevices(); -1: not of that list
};

std::string NamedDevice() {
  const char* named = std::getenv("CURL_RL_EGL_DEVICE");
  return named != nullptr ? named : "";
}

// Displays in the order in which they are to be tried.
std::vector<EGLDisplay> Displays(const EglLibrary& egl, int cuda_device) {
  std::vector<EGLDisplay> displays;
  const auto order = EglOrder(ListDevices(egl), NamedDevice(), cuda_device);
  const auto platform_display =
      Extension<PFNEGLGETPLATFORMDISPLAYEXTPROC>(egl, "eglGetPlatformDisplayEXT");
  if (platform_display != nullptr && HasClientExtension(egl, "EGL_EXT_platform_device")) {
    const auto handles = DeviceHandles(egl);
    for (const int device : order) {
      displays.push_back(platform_display(EGL_PLATFORM_DEVICE_EXT,
                                          handles[static_cast<std::size_t>(device)], nullptr));
    }
  }
  if (!NamedDevice().empty()) return displays;
  if (platform_display != nullptr && HasClientExtension(egl, "EGL_MESA_platform_surfaceless")) {
    displays.push_back(
        platform_display(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, nullptr));
  }
  displays.push_back(egl.get_display(EGL_DEFAULT_DISPLAY));
  return displays;
}

// If possible, one that reports errors after its GPU was reset, rather than drawing anything.
EGLContext CreateContext(const EglDevice& device) {
  const EglLibrary& egl = device.egl;
  if (!egl.bind_api(EGL_OPENGL_API)) return EGL_NO_CONTEXT;
  const EGLint telling[] = {EGL_CONTEXT_OPENGL_RESET_NOTIFICATION_STRATEGY,
                            EGL_LOSE_CONTEXT_ON_RESET, EGL_NONE};
  for (const EGLint* attributes : {telling, static_cast<const EGLint*>(nullptr)}) {
    const EGLContext context =
        egl.create_context(device.display, device.config, EGL_NO_CONTEXT, attributes);
    if (context != EGL_NO_CONTEXT) return context;
  }
  return EGL_NO_CONTEXT;
}

// Whether `display` can draw; fills the device.
bool Open(EGLDisplay display, EglDevice* device) {
  const EglLibrary& egl = device->egl;
  if (display == EGL_NO_DISPLAY || !egl.initialize(display, nullptr, nullptr)) return false;
  const EGLint wanted[] = {EGL_RED_SIZE,
                           8,
                           EGL_GREEN_SIZE,
                           8,
                           EGL_BLUE_SIZE,
                           8,
                           EGL_ALPHA_SIZE,
                           8,
                           EGL_DEPTH_SIZE,
                           24,
                           EGL_STENCIL_SIZE,
                           8,
                           EGL_SURFACE_TYPE,
                           EGL_PBUFFER_BIT,
                           EGL_RENDERABLE_TYPE,
                           EGL_OPENGL_BIT,
                           EGL_NONE};
  EGLint count = 0;
  if (!egl.choose_config(display, wanted, &device->config, 1, &count) || count < 1) return false;
  device->display = display;
  device->needs_surface =
      !HasExtension(egl.query_string(display, EGL_EXTENSIONS), "EGL_KHR_surfaceless_context");
  const EGLContext context = CreateContext(*device);
  if (context == EGL_NO_CONTEXT) return false;
  egl.destroy_context(display, context);
  device->number = DeviceNumber(egl, display);
  return true;
}

// Opened at the first call, whose `cuda_device` alone counts.
const EglDevice& Device(int cuda_device) {
  static const EglDevice device = [cuda_device] {
    EglDevice opened;
    opened.egl = LoadEgl();
    for (EGLDisplay display : Displays(opened.egl, cuda_device)) {
      if (!Open(display, &opened)) continue;
      // MuJoCo looks for eglGetProcAddress among all libraries of the program, before it looks for
      // OSMesa's: it is to find it only now that EGL works.
      dlopen(kEglLibrary, RTLD_NOW | RTLD_GLOBAL);
      return opened;
    }
    if (!NamedDevice().empty()) {
      throw std::invalid_argument("CURL_RL_EGL_DEVICE=" + NamedDevice() +
                                  ": no desktop OpenGL context can be made on that device of " +
                                  Describe(ListDevices(opened.egl)));
    }
    throw std::runtime_error("no display on which a desktop OpenGL context can be made");
  }();
  return device;
}

class EglContext : public GlContext {
 public:
  explicit EglContext(const EglDevice& device) : device_(device), context_(CreateContext(device)) {
    if (context_ == EGL_NO_CONTEXT) throw std::runtime_error("eglCreateContext failed");
    if (device.needs_surface) {  // its own: a surface is current in one thread only
      const EGLint size[] = {EGL_WIDTH, 16, EGL_HEIGHT, 16, EGL_NONE};
      surface_ = Egl().create_pbuffer(device.display, device.config, size);
    }
    try {
      const Current current(*this);
      Load("egl", [this](const char* name) {
        return reinterpret_cast<void*>(Egl().get_proc_address(name));
      });
      info_.egl_device = device.number;
    } catch (...) {
      Destroy();
      throw;
    }
  }
  ~EglContext() override { Destroy(); }

 protected:
  void Enter() override {
    Egl().bind_api(EGL_OPENGL_API);  // is each thread's own
    previous_context_ = Egl().current_context();
    previous_display_ = Egl().current_display();
    previous_draw_ = Egl().current_surface(EGL_DRAW);
    previous_read_ = Egl().current_surface(EGL_READ);
    if (!Egl().make_current(device_.display, surface_, surface_, context_)) {
      if (Egl().get_error() == EGL_CONTEXT_LOST) ThrowLost("EGL_CONTEXT_LOST");
      throw std::logic_error(
          "EGL refuses to make a context current: this thread has one of GLX (release it first, or "
          "let GLFW use EGL), or another thread is drawing with this one");
    }
  }
  void Leave() override {
    if (previous_context_ != EGL_NO_CONTEXT) {
      Egl().make_current(previous_display_, previous_draw_, previous_read_, previous_context_);
    } else {
      Egl().make_current(device_.display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
    }
  }

 private:
  const EglLibrary& Egl() const { return device_.egl; }
  void Destroy() {
    if (surface_ != EGL_NO_SURFACE) Egl().destroy_surface(device_.display, surface_);
    Egl().destroy_context(device_.display, context_);
  }

  const EglDevice& device_;
  EGLContext context_;
  EGLSurface surface_ = EGL_NO_SURFACE;
  EGLContext previous_context_ = EGL_NO_CONTEXT;  // valid while a Current lives
  EGLDisplay previous_display_ = EGL_NO_DISPLAY;
  EGLSurface previous_draw_ = EGL_NO_SURFACE;
  EGLSurface previous_read_ = EGL_NO_SURFACE;
};

}  // namespace

std::unique_ptr<GlContext> MakeEglContext(int cuda_device) {
  return std::make_unique<EglContext>(Device(cuda_device));
}

std::vector<EglDeviceInfo> EglDevices() { return ListDevices(LoadEgl()); }

}  // namespace curl_rl::envs
