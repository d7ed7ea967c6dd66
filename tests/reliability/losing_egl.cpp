// A libEGL that loses its context: as the real one, to which it passes all calls, up to the frame
// that CURL_RL_LOSE_GL_AT counts (1: the first). From then on, as after the reset of a GPU, nothing
// is read into the caller's memory and glGetError says GL_CONTEXT_LOST; with
// CURL_RL_LOSE_GL=current, eglMakeCurrent fails with EGL_CONTEXT_LOST. Built as libEGL.so.1 in a
// folder of its own, for LD_LIBRARY_PATH.
#include <EGL/egl.h>
#include <dlfcn.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr unsigned kGlContextLost = 0x0507;

std::atomic<int> frames{0};
thread_local EGLint error = EGL_SUCCESS;  // of a call that failed here

template <typename Function>
Function Real(const char* name, Function) {
  static void* const library = dlopen(CURL_RL_REAL_EGL, RTLD_NOW | RTLD_LOCAL);
  const auto function =
      library != nullptr ? reinterpret_cast<Function>(dlsym(library, name)) : nullptr;
  if (function == nullptr) {
    std::fprintf(stderr, "losing_egl: no %s in %s\n", name, CURL_RL_REAL_EGL);
    std::abort();
  }
  return function;
}

bool Lost() {
  static const int at = [] {
    const char* frame = std::getenv("CURL_RL_LOSE_GL_AT");
    return frame != nullptr ? std::atoi(frame) : 0;
  }();
  return at > 0 && frames >= at;
}

bool LosesAtMakeCurrent() {
  static const char* const how = std::getenv("CURL_RL_LOSE_GL");
  return how != nullptr && std::strcmp(how, "current") == 0;
}

using ReadPixels = void (*)(int, int, int, int, unsigned, unsigned, void*);
using GetError = unsigned (*)();
ReadPixels real_read_pixels = nullptr;
GetError real_get_error = nullptr;

void CountingReadPixels(int x, int y, int width, int height, unsigned format, unsigned type,
                        void* pixels) {
  ++frames;
  if (!Lost() || LosesAtMakeCurrent()) {
    real_read_pixels(x, y, width, height, format, type, pixels);
  }
}

unsigned GetErrorOrLost() {
  return Lost() && !LosesAtMakeCurrent() ? kGlContextLost : real_get_error();
}

template <typename Function>
__eglMustCastToProperFunctionPointerType Replace(__eglMustCastToProperFunctionPointerType real,
                                                 Function* kept, Function replacement) {
  *kept = reinterpret_cast<Function>(real);
  return reinterpret_cast<__eglMustCastToProperFunctionPointerType>(replacement);
}

}  // namespace

extern "C" {

__eglMustCastToProperFunctionPointerType eglGetProcAddress(const char* name) {
  const auto real = Real("eglGetProcAddress", eglGetProcAddress)(name);
  if (std::strcmp(name, "glReadPixels") == 0) {
    return Replace(real, &real_read_pixels, CountingReadPixels);
  }
  if (std::strcmp(name, "glGetError") == 0) return Replace(real, &real_get_error, GetErrorOrLost);
  return real;
}

EGLint eglGetError() {
  if (error == EGL_SUCCESS) return Real("eglGetError", eglGetError)();
  const EGLint kept = error;
  error = EGL_SUCCESS;
  return kept;
}

EGLBoolean eglMakeCurrent(EGLDisplay display, EGLSurface draw, EGLSurface read,
                          EGLContext context) {
  if (Lost() && LosesAtMakeCurrent() && context != EGL_NO_CONTEXT) {
    error = EGL_CONTEXT_LOST;
    return EGL_FALSE;
  }
  return Real("eglMakeCurrent", eglMakeCurrent)(display, draw, read, context);
}

// The rest, as it is.
EGLDisplay eglGetDisplay(EGLNativeDisplayType native) {
  return Real("eglGetDisplay", eglGetDisplay)(native);
}
EGLBoolean eglInitialize(EGLDisplay display, EGLint* major, EGLint* minor) {
  return Real("eglInitialize", eglInitialize)(display, major, minor);
}
const char* eglQueryString(EGLDisplay display, EGLint name) {
  return Real("eglQueryString", eglQueryString)(display, name);
}
EGLBoolean eglBindAPI(EGLenum api) { return Real("eglBindAPI", eglBindAPI)(api); }
EGLBoolean eglChooseConfig(EGLDisplay display, const EGLint* attributes, EGLConfig* configs,
                           EGLint size, EGLint* count) {
  return Real("eglChooseConfig", eglChooseConfig)(display, attributes, configs, size, count);
}
EGLContext eglCreateContext(EGLDisplay display, EGLConfig config, EGLContext shared,
                            const EGLint* attributes) {
  return Real("eglCreateContext", eglCreateContext)(display, config, shared, attributes);
}
EGLBoolean eglDestroyContext(EGLDisplay display, EGLContext context) {
  return Real("eglDestroyContext", eglDestroyContext)(display, context);
}
EGLSurface eglCreatePbufferSurface(EGLDisplay display, EGLConfig config, const EGLint* attributes) {
  return Real("eglCreatePbufferSurface", eglCreatePbufferSurface)(display, config, attributes);
}
EGLBoolean eglDestroySurface(EGLDisplay display, EGLSurface surface) {
  return Real("eglDestroySurface", eglDestroySurface)(display, surface);
}
EGLContext eglGetCurrentContext() { return Real("eglGetCurrentContext", eglGetCurrentContext)(); }
EGLDisplay eglGetCurrentDisplay() { return Real("eglGetCurrentDisplay", eglGetCurrentDisplay)(); }
EGLSurface eglGetCurrentSurface(EGLint which) {
  return Real("eglGetCurrentSurface", eglGetCurrentSurface)(which);
}
}
