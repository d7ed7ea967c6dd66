// EGL without a window system: a hardware device if one works, else Mesa's software renderer.
#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <dlfcn.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "envs/gl_backends.h"

namespace curl_rl::envs {
namespace {

constexpr char kLibrary[] = "libEGL.so.1";

// libEGL's functions, found at run time.
struct EglLibrary {
  decltype(&eglGetProcAddress) get_proc_address;
  decltype(&eglGetDisplay) get_display;
  decltype(&eglInitialize) initialize;
  decltype(&eglQueryString) query_string;
  decltype(&eglBindAPI) bind_api;
  decltype(&eglChooseConfig) choose_config;
  decltype(&eglCreateContext) create_context;
  decltype(&eglDestroyContext) destroy_context;
  decltype(&eglCreatePbufferSurface) create_pbuffer;
  decltype(&eglMakeCurrent) make_current;
  decltype(&eglGetCurrentContext) current_context;
  decltype(&eglGetCurrentDisplay) current_display;
  decltype(&eglGetCurrentSurface) current_surface;
};

// The display that the program draws on, opened once and never closed: another part of the program
// may use it too, and eglTerminate would take its contexts away.
struct EglDevice {
  EglLibrary egl;
  EGLDisplay display = EGL_NO_DISPLAY;
  EGLConfig config = nullptr;
  EGLSurface surface = EGL_NO_SURFACE;  // contexts need one only where EGL is old
};

template <typename Function>
void Load(void* library, const char* name, Function* function) {
  *function = reinterpret_cast<Function>(dlsym(library, name));
  if (*function == nullptr) throw std::runtime_error(std::string("no function ") + name);
}

EglLibrary LoadEgl() {
  void* library = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::runtime_error(dlerror());
  EglLibrary egl;
  Load(library, "eglGetProcAddress", &egl.get_proc_address);
  Load(library, "eglGetDisplay", &egl.get_display);
  Load(library, "eglInitialize", &egl.initialize);
  Load(library, "eglQueryString", &egl.query_string);
  Load(library, "eglBindAPI", &egl.bind_api);
  Load(library, "eglChooseConfig", &egl.choose_config);
  Load(library, "eglCreateContext", &egl.create_context);
  Load(library, "eglDestroyContext", &egl.destroy_context);
  Load(library, "eglCreatePbufferSurface", &egl.create_pbuffer);
  Load(library, "eglMakeCurrent", &egl.make_current);
  Load(library, "eglGetCurrentContext", &egl.current_context);
  Load(library, "eglGetCurrentDisplay", &egl.current_display);
  Load(library, "eglGetCurrentSurface", &egl.current_surface);
  return egl;
}

bool Has(const char* extensions, const char* name) {
  return extensions != nullptr &&
         (" " + std::string(extensions) + " ").find(" " + std::string(name) + " ") !=
             std::string::npos;
}

// Displays in the order in which they are to be tried.
std::vector<EGLDisplay> Displays(const EglLibrary& egl) {
  std::vector<EGLDisplay> displays;
  const auto platform_display = reinterpret_cast<PFNEGLGETPLATFORMDISPLAYEXTPROC>(
      egl.get_proc_address("eglGetPlatformDisplayEXT"));
  const auto query_devices =
      reinterpret_cast<PFNEGLQUERYDEVICESEXTPROC>(egl.get_proc_address("eglQueryDevicesEXT"));
  const auto device_string = reinterpret_cast<PFNEGLQUERYDEVICESTRINGEXTPROC>(
      egl.get_proc_address("eglQueryDeviceStringEXT"));
  const char* extensions = egl.query_string(EGL_NO_DISPLAY, EGL_EXTENSIONS);

  if (platform_display != nullptr && Has(extensions, "EGL_EXT_platform_device") &&
      query_devices != nullptr && device_string != nullptr) {
    EGLDeviceEXT devices[16];
    EGLint count = 0;
    if (!query_devices(16, devices, &count)) count = 0;
    for (EGLint i = 0; i < count; ++i) {
      if (Has(device_string(devices[i], EGL_EXTENSIONS), "EGL_MESA_device_software")) continue;
      displays.push_back(platform_display(EGL_PLATFORM_DEVICE_EXT, devices[i], nullptr));
    }
  }
  if (platform_display != nullptr && Has(extensions, "EGL_MESA_platform_surfaceless")) {
    displays.push_back(
        platform_display(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, nullptr));
  }
  displays.push_back(egl.get_display(EGL_DEFAULT_DISPLAY));
  return displays;
}

EGLContext CreateContext(const EglDevice& device) {
  if (!device.egl.bind_api(EGL_OPENGL_API)) return EGL_NO_CONTEXT;
  return device.egl.create_context(device.display, device.config, EGL_NO_CONTEXT, nullptr);
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
  device->surface = EGL_NO_SURFACE;
  if (!Has(egl.query_string(display, EGL_EXTENSIONS), "EGL_KHR_surfaceless_context")) {
    const EGLint size[] = {EGL_WIDTH, 16, EGL_HEIGHT, 16, EGL_NONE};
    device->surface = egl.create_pbuffer(display, device->config, size);
  }
  const EGLContext context = CreateContext(*device);
  if (context == EGL_NO_CONTEXT) return false;
  egl.destroy_context(display, context);
  return true;
}

const EglDevice& Device() {
  static const EglDevice device = [] {
    EglDevice opened;
    opened.egl = LoadEgl();
    for (EGLDisplay display : Displays(opened.egl)) {
      if (!Open(display, &opened)) continue;
      // MuJoCo looks for eglGetProcAddress among all libraries of the program, before it looks for
      // OSMesa's: it is to find it only now that EGL works.
      dlopen(kLibrary, RTLD_NOW | RTLD_GLOBAL);
      return opened;
    }
    throw std::runtime_error("no display on which a desktop OpenGL context can be made");
  }();
  return device;
}

class EglContext : public GlContext {
 public:
  EglContext() : context_(CreateContext(Device())) {
    if (context_ == EGL_NO_CONTEXT) throw std::runtime_error("eglCreateContext failed");
    try {
      const Current current(*this);
      info_ = ReadGlInfo("egl", reinterpret_cast<void*>(Egl().get_proc_address("glGetString")));
    } catch (const std::logic_error&) {
      Egl().destroy_context(Device().display, context_);
      throw;
    }
  }
  ~EglContext() override { Egl().destroy_context(Device().display, context_); }

 protected:
  void Enter() override {
    Egl().bind_api(EGL_OPENGL_API);  // is each thread's own
    previous_context_ = Egl().current_context();
    previous_display_ = Egl().current_display();
    previous_draw_ = Egl().current_surface(EGL_DRAW);
    previous_read_ = Egl().current_surface(EGL_READ);
    const EGLSurface surface = Device().surface;
    if (!Egl().make_current(Device().display, surface, surface, context_)) {
      throw std::logic_error(
          "EGL refuses to make a context current: this thread has one of GLX (release it first, or "
          "let GLFW use EGL), or another thread is drawing with this one");
    }
  }
  void Leave() override {
    if (previous_context_ != EGL_NO_CONTEXT) {
      Egl().make_current(previous_display_, previous_draw_, previous_read_, previous_context_);
    } else {
      Egl().make_current(Device().display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
    }
  }

 private:
  static const EglLibrary& Egl() { return Device().egl; }

  EGLContext context_;
  EGLContext previous_context_ = EGL_NO_CONTEXT;  // valid while a Current lives
  EGLDisplay previous_display_ = EGL_NO_DISPLAY;
  EGLSurface previous_draw_ = EGL_NO_SURFACE;
  EGLSurface previous_read_ = EGL_NO_SURFACE;
};

}  // namespace

std::unique_ptr<GlContext> MakeEglContext() { return std::make_unique<EglContext>(); }

}  // namespace curl_rl::envs
