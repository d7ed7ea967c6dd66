// libEGL, opened at run time, and what it tells of its devices. For gl_egl.cpp and egl_library.cpp.
#pragma once

#include <EGL/egl.h>
#include <EGL/eglext.h>

#include <vector>

#include "envs/egl_devices.h"

namespace curl_rl::envs {

constexpr char kEglLibrary[] = "libEGL.so.1";

// libEGL's functions, found at run time.
struct EglLibrary {
  decltype(&eglGetProcAddress) get_proc_address;
  decltype(&eglGetError) get_error;
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

/// Opens the library. Throws std::runtime_error if it or one of these functions is missing.
EglLibrary LoadEgl();

/// Whether `name` is among `extensions`, words of one text; null has none.
bool HasExtension(const char* extensions, const char* name);

/// Whether EGL itself, before any display, has the extension.
bool HasClientExtension(const EglLibrary& egl, const char* name);

/// The function of an extension; null if there is none.
template <typename Function>
Function Extension(const EglLibrary& egl, const char* name) {
  return reinterpret_cast<Function>(egl.get_proc_address(name));
}

/// EGL's devices in its order: their handles, and what is known of them.
std::vector<EGLDeviceEXT> DeviceHandles(const EglLibrary& egl);
std::vector<EglDeviceInfo> ListDevices(const EglLibrary& egl);

/// The number in that order of the device that a display, of whatever kind, is on; -1: unknown.
int DeviceNumber(const EglLibrary& egl, EGLDisplay display);

}  // namespace curl_rl::envs
