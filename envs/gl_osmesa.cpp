// OSMesa: Mesa's software renderer, drawing into memory.
#include <dlfcn.h>

#include <cstdint>
#include <stdexcept>
#include <vector>

#include "envs/gl_backends.h"
#include "envs/gl_function.h"
#include "envs/shadow_map.h"

namespace curl_rl::envs {
namespace {

// The part of <GL/osmesa.h> that is used, so that its package is not needed to build.
using OsmesaHandle = void*;
constexpr unsigned kRgba = 0x1908;
constexpr unsigned kUnsignedByte = 0x1401;

struct OsmesaLibrary {
  OsmesaHandle (*create)(unsigned format, int depth, int stencil, int accumulation,
                         OsmesaHandle share);
  void (*destroy)(OsmesaHandle);
  unsigned char (*make_current)(OsmesaHandle, void* buffer, unsigned type, int width, int height);
  void* (*get_proc_address)(const char* name);
};

const OsmesaLibrary& Osmesa() {
  static const OsmesaLibrary library = [] {
    if (ProgramHasEgl()) {
      throw std::runtime_error("the program has libEGL, whose functions MuJoCo would call instead");
    }
    void* handle = nullptr;
    for (const char* name : {"libOSMesa.so.8", "libOSMesa.so.6", "libOSMesa.so"}) {
      // Global: MuJoCo looks for OSMesaGetProcAddress among all libraries of the program.
      if (handle == nullptr) handle = dlopen(name, RTLD_NOW | RTLD_GLOBAL);
    }
    if (handle == nullptr) throw std::runtime_error(dlerror());
    OsmesaLibrary loaded;
    Load(handle, "OSMesaCreateContextExt", &loaded.create);
    Load(handle, "OSMesaDestroyContext", &loaded.destroy);
    Load(handle, "OSMesaMakeCurrent", &loaded.make_current);
    Load(handle, "OSMesaGetProcAddress", &loaded.get_proc_address);
    return loaded;
  }();
  return library;
}

class OsmesaContext : public GlContext {
 public:
  OsmesaContext(int height, int width)
      : height_(height), width_(width), buffer_(std::size_t{4} * height * width) {
    handle_ = Osmesa().create(kRgba, /*depth=*/24, /*stencil=*/8, /*accumulation=*/0, nullptr);
    if (handle_ == nullptr) throw std::runtime_error("no context with 24 bits of depth");
    try {
      const Current current(*this);
      Load("osmesa", Osmesa().get_proc_address);
    } catch (...) {
      Osmesa().destroy(handle_);
      throw;
    }
  }
  ~OsmesaContext() override { Osmesa().destroy(handle_); }

 protected:
  void Enter() override {
    if (!Osmesa().make_current(handle_, buffer_.data(), kUnsignedByte, width_, height_)) {
      throw std::runtime_error("OSMesaMakeCurrent failed");
    }
  }
  void Leave() override { Osmesa().make_current(nullptr, nullptr, kUnsignedByte, 0, 0); }

 private:
  int height_;
  int width_;
  std::vector<std::uint8_t> buffer_;  // OSMesa insists on one; MuJoCo draws into its own
  OsmesaHandle handle_;
};

}  // namespace

std::unique_ptr<GlContext> MakeOsmesaContext(int height, int width) {
  return std::make_unique<OsmesaContext>(height, width);
}

}  // namespace curl_rl::envs
