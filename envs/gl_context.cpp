// Chooses the backend, asks OpenGL what draws, and notices a context that was lost.
#include "envs/gl_context.h"

#include <sys/mman.h>
#include <sys/resource.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "envs/gl_backends.h"

namespace curl_rl::envs {
namespace {

std::atomic<int> wanted_cuda_device{-1};

bool IsSet(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

// Whether `bytes` more could be mapped, as what counts for `resource`.
void CheckRoom(__rlimit_resource_t resource, const char* name, long long bytes) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
  const int access = resource == RLIMIT_DATA ? PROT_READ | PROT_WRITE : PROT_NONE;
  const auto size = static_cast<std::size_t>(bytes);
  void* const room =
      ::mmap(nullptr, size, access, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) {
    throw std::runtime_error("no room to draw in: OpenGL is given " +
                             std::to_string(bytes / 1'000'000) + " MB more, and ulimit " + name +
                             " (" + std::to_string(limit.rlim_cur / 1'000'000) +
                             " MB) leaves less; raise the limit");
  }
  ::munmap(room, size);
}

std::unique_ptr<GlContext> MakeWith(const std::string& backend, int height, int width) {
  if (backend == "egl") return MakeEglContext(wanted_cuda_device);
  if (backend == "osmesa") return MakeOsmesaContext(height, width);
  throw std::invalid_argument("CURL_RL_GL=" + backend + ": allowed are egl and osmesa");
}

}  // namespace

std::string GlInfo::Describe() const {
  return backend + ", " + vendor + ", " + renderer + ", GL " + version;
}

bool GlInfo::software() const {
  for (const char* name : {"llvmpipe", "softpipe", "swrast", "Software"}) {
    if (renderer.find(name) != std::string::npos) return true;
  }
  return backend == "osmesa";
}

void GlContext::Load(const char* backend, const std::function<void*(const char*)>& find_function) {
  constexpr unsigned kVendor = 0x1F00, kRenderer = 0x1F01, kVersion = 0x1F02;  // of <GL/gl.h>
  const auto get =
      reinterpret_cast<const unsigned char* (*)(unsigned)>(find_function("glGetString"));
  get_error_ = reinterpret_cast<unsigned (*)()>(find_function("glGetError"));
  if (get == nullptr || get_error_ == nullptr) {
    throw std::runtime_error("no function glGetString or glGetError");
  }
  const auto text = [get](unsigned name) {
    const unsigned char* value = get(name);
    return std::string(value != nullptr ? reinterpret_cast<const char*>(value) : "unknown");
  };
  info_ = {backend, text(kVendor), text(kRenderer), text(kVersion), -1};
}

void GlContext::CheckDrawn() const {
  // Others (GL_INVALID_ENUM and the like) are of single calls that did nothing.
  constexpr unsigned kNone = 0, kBadFramebuffer = 0x0506, kOutOfMemory = 0x0505, kLost = 0x0507;
  for (int i = 0; i < 16; ++i) {
    switch (get_error_()) {
      case kNone:
        return;
      case kLost:
        ThrowLost("GL_CONTEXT_LOST");
      case kOutOfMemory:
        ThrowLost("GL_OUT_OF_MEMORY");
      case kBadFramebuffer:
        ThrowLost("GL_INVALID_FRAMEBUFFER_OPERATION");
      default:
        break;
    }
  }
  ThrowLost("errors without end");  // what some drivers return where there is no context
}

void GlContext::ThrowLost(const std::string& what) const {
  throw std::runtime_error("OpenGL (" + info_.Describe() + ") can draw no more: " + what +
                           ". Was its GPU reset, or is its memory used up?");
}

std::unique_ptr<GlContext> GlContext::Make(int height, int width) {
  static std::mutex mutex;
  static std::string chosen;  // the program's backend, once one has worked
  const std::lock_guard<std::mutex> lock(mutex);

  // Once, before there is a context to draw with. NOLINTNEXTLINE(concurrency-mt-unsafe)
  setenv("LP_NUM_THREADS", "0", /*overwrite=*/0);
  constexpr long long kMoreSpace = 48'000'000, kMoreData = 32'000'000;  // of each further context
  CheckRoom(RLIMIT_AS, "-v", chosen.empty() ? kFirstContextSpace : kMoreSpace);
  CheckRoom(RLIMIT_DATA, "-d", chosen.empty() ? kFirstContextData : kMoreData);
  if (!chosen.empty()) return MakeWith(chosen, height, width);
  std::vector<std::string> backends = {"egl", "osmesa"};
  if (IsSet("CURL_RL_GL")) {
    backends = {std::getenv("CURL_RL_GL")};
  } else if (IsSet("CURL_RL_EGL_DEVICE")) {
    backends = {"egl"};
  }
  std::string reasons;
  for (const std::string& backend : backends) {
    try {
      auto context = MakeWith(backend, height, width);
      chosen = backend;
      return context;
    } catch (const std::runtime_error& error) {
      reasons += "\n  " + backend + ": " + error.what();
    }
  }
  throw std::runtime_error(
      "no OpenGL to draw with:" + reasons +
      "\nInstall it: apt-get install libegl1 libgl1-mesa-dri (EGL), or libosmesa6 (OSMesa)");
}

void DrawOnCudaDevice(int number) { wanted_cuda_device = number; }

GlInfo QueryGl() { return GlContext::Make(16, 16)->info(); }

}  // namespace curl_rl::envs
