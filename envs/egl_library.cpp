// Loads libEGL's functions and asks it for its devices, their names and numbers.
#include "envs/egl_library.h"

#include <dlfcn.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "envs/gl_function.h"

namespace curl_rl::envs {
namespace {

EglDeviceInfo Inspect(const EglLibrary& egl, EGLDeviceEXT device) {
  EglDeviceInfo info;
  const auto text = Extension<PFNEGLQUERYDEVICESTRINGEXTPROC>(egl, "eglQueryDeviceStringEXT");
  const auto attribute = Extension<PFNEGLQUERYDEVICEATTRIBEXTPROC>(egl, "eglQueryDeviceAttribEXT");
  const char* extensions = text != nullptr ? text(device, EGL_EXTENSIONS) : nullptr;
  const auto add = [&](const char* extension, EGLint what) {
    const char* value = HasExtension(extensions, extension) ? text(device, what) : nullptr;
    if (value != nullptr) info.name += (info.name.empty() ? "" : ", ") + std::string(value);
  };
  add("EGL_EXT_device_query_name", EGL_VENDOR);
  add("EGL_EXT_device_query_name", EGL_RENDERER_EXT);
  add("EGL_EXT_device_drm", EGL_DRM_DEVICE_FILE_EXT);
  info.software = HasExtension(extensions, "EGL_MESA_device_software");
  if (info.software && info.name.empty()) info.name = "Mesa";
  EGLAttrib number = -1;
  if (attribute != nullptr && HasExtension(extensions, "EGL_NV_device_cuda") &&
      attribute(device, EGL_CUDA_DEVICE_NV, &number)) {
    info.cuda_device = static_cast<int>(number);
  }
  return info;
}

}  // namespace

EglLibrary LoadEgl() {
  void* library = dlopen(kEglLibrary, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::runtime_error(dlerror());
  EglLibrary egl;
  Load(library, "eglGetProcAddress", &egl.get_proc_address);
  Load(library, "eglGetError", &egl.get_error);
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

bool HasExtension(const char* extensions, const char* name) {
  return extensions != nullptr &&
         (" " + std::string(extensions) + " ").find(" " + std::string(name) + " ") !=
             std::string::npos;
}

bool HasClientExtension(const EglLibrary& egl, const char* name) {
  return HasExtension(egl.query_string(EGL_NO_DISPLAY, EGL_EXTENSIONS), name);
}

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

std::vector<EglDeviceInfo> ListDevices(const EglLibrary& egl) {
  std::vector<EglDeviceInfo> devices;
  for (EGLDeviceEXT device : DeviceHandles(egl)) devices.push_back(Inspect(egl, device));
  return devices;
}

int DeviceNumber(const EglLibrary& egl, EGLDisplay display) {
  const auto query = Extension<PFNEGLQUERYDISPLAYATTRIBEXTPROC>(egl, "eglQueryDisplayAttribEXT");
  EGLAttrib device = 0;
  if (query == nullptr || !query(display, EGL_DEVICE_EXT, &device)) return -1;
  const auto handles = DeviceHandles(egl);
  const auto found =
      std::find(handles.begin(), handles.end(), reinterpret_cast<EGLDeviceEXT>(device));
  return found != handles.end() ? static_cast<int>(found - handles.begin()) : -1;
}

}  // namespace curl_rl::envs
