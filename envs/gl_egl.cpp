// EGL without a window system: a hardware device if one works, else Mesa's software renderer.
#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "envs/egl_devices.h"
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
  decltype(&eglDestroySurface) destroy_surface;
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
  bool needs_surface = false;  // a context of an old EGL is current only with one
  int number = -1;             // in EglDevices(); -1: not of that list
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
  Load(library, "eglDestroySurface", &egl.destroy_surface);
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

template <typename Function>
Function Extension(const EglLibrary& egl, const char* name) {
  return reinterpret_cast<Function>(egl.get_proc_address(name));
}

bool HasClientExtension(const EglLibrary& egl, const char* name) {
  return Has(egl.query_string(EGL_NO_DISPLAY, EGL_EXTENSIONS), name);
}

// Handles of EGL's devices, in its order.
std::vector<EGLDeviceEXT> DeviceHandles(const EglLibrary& egl) {
  const auto query = Extension<PFNEGLQUERYDEVICESEXTPROC>(egl, "eglQueryDevicesEXT");
  std::vector<EGLDeviceEXT> devices(64);
  EGLint count = 0;
  // The name of the extension is that of its two parts together, or the part alone.
  if (query == nullptr ||
      !(HasClientExtension(egl, "EGL_EXT_device_base") ||
        HasClientExtension(egl, "EGL_EXT_device_enumeration")) ||
      !query(static_cast<EGLint>(devices.size()), devices.data(), &count)) {
    count = 0;
  }
  devices.resize(static_cast<std::size_t>(count));
  return devices;
}

EglDeviceInfo Inspect(const EglLibrary& egl, EGLDeviceEXT device) {
  EglDeviceInfo info;
  const auto text = Extension<PFNEGLQUERYDEVICESTRINGEXTPROC>(egl, "eglQueryDeviceStringEXT");
  const auto attribute = Extension<PFNEGLQUERYDEVICEATTRIBEXTPROC>(egl, "eglQueryDeviceAttribEXT");
  const char* extensions = text != nullptr ? text(device, EGL_EXTENSIONS) : nullptr;
  const auto add = [&](const char* extension, EGLint what) {
    const char* value = Has(extensions, extension) ? text(device, what) : nullptr;
    if (value != nullptr) info.name += (info.name.empty() ? "" : ", ") + std::string(value);
  };
  add("EGL_EXT_device_query_name", EGL_VENDOR);
  add("EGL_EXT_device_query_name", EGL_RENDERER_EXT);
  add("EGL_EXT_device_drm", EGL_DRM_DEVICE_FILE_EXT);
  info.software = Has(extensions, "EGL_MESA_device_software");
  if (info.software && info.name.empty()) info.name = "Mesa";
  EGLAttrib number = -1;
  if (attribute != nullptr && Has(extensions, "EGL_NV_device_cuda") &&
      attribute(device, EGL_CUDA_DEVICE_NV, &number)) {
    info.cuda_device = static_cast<int>(number);
  }
  return info;
}

std::vector<EglDeviceInfo> ListDevices(const EglLibrary& egl) {
  std::vector<EglDeviceInfo> devices;
  for (EGLDeviceEXT device : DeviceHandles(egl)) devices.push_back(Inspect(egl, device));
  return devices;
}

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

// The number of the device that a display of any kind is on.
int NumberOf(const EglLibrary& egl, EGLDisplay display) {
  const auto query = Extension<PFNEGLQUERYDISPLAYATTRIBEXTPROC>(egl, "eglQueryDisplayAttribEXT");
  EGLAttrib device = 0;
  if (query == nullptr || !query(display, EGL_DEVICE_EXT, &device)) return -1;
  const auto handles = DeviceHandles(egl);
  const auto found =
      std::find(handles.begin(), handles.end(), reinterpret_cast<EGLDeviceEXT>(device));
  return found != handles.end() ? static_cast<int>(found - handles.begin()) : -1;
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
  device->needs_surface =
      !Has(egl.query_string(display, EGL_EXTENSIONS), "EGL_KHR_surfaceless_context");
  const EGLContext context = CreateContext(*device);
  if (context == EGL_NO_CONTEXT) return false;
  egl.destroy_context(display, context);
  device->number = NumberOf(egl, display);
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
      dlopen(kLibrary, RTLD_NOW | RTLD_GLOBAL);
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
      info_ = ReadGlInfo("egl", reinterpret_cast<void*>(Egl().get_proc_address("glGetString")));
      info_.egl_device = device.number;
    } catch (const std::logic_error&) {
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
