// What stands before every constructor of the shared libraries. OpenBLAS asks for its buffers there
// and, where they cannot be had, asks again for ever; LibTorch's constructors throw, which nobody
// catches. So a limit that leaves no room for them has to be seen, and told, before.
// Sanitizers are not ready so early, and take more than any such limit allows: with them there is
// nothing here.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#include <dlfcn.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>

#include "experiments/commands/program.h"

namespace {

// OpenBLAS's buffer on x86-64, 32 << 22 bytes, and the most threads that Debian's build has.
constexpr long long kBufferBytes = 128LL << 20;
constexpr int kMostThreads = 64;
// What all other constructors take at least. With LibTorch 1.13 the process has about 85 MB of data
// at `main` beside the buffers, most of it before this; what is refused here must be what could not
// have started.
constexpr long long kConstructorsBytes = 10LL << 20;

// As OpenBLAS counts its threads: OMP_NUM_THREADS, no more than the cores of the affinity mask.
// std::getenv finds nothing yet: the C library has not been started.
int ThreadsOfOpenBlas(char** environment) {
  constexpr char kName[] = "OMP_NUM_THREADS=";
  int asked = 0;
  for (char** entry = environment; entry != nullptr && *entry != nullptr; ++entry) {
    if (std::strncmp(*entry, kName, sizeof kName - 1) == 0)
      asked = std::atoi(*entry + sizeof kName - 1);
  }
  int cores = kMostThreads;
  cpu_set_t mask;
  if (::sched_getaffinity(0, sizeof mask, &mask) == 0) cores = CPU_COUNT(&mask);
  return std::clamp(asked > 0 ? std::min(asked, cores) : cores, 1, kMostThreads);
}

// Buffers that OpenBLAS takes at its start: one a thread where it computes with OpenMP (2), else
// one. Its function returns a constant and may be called before its constructors.
int BuffersOfOpenBlas(char** environment) {
  void* symbol = ::dlsym(RTLD_DEFAULT, "openblas_get_parallel");
  if (symbol == nullptr) return 0;
  return reinterpret_cast<int (*)()>(symbol)() == 2 ? ThreadsOfOpenBlas(environment) : 1;
}

// What the process has of address space and of data by now, in bytes.
struct Used {
  long long space = 0;
  long long data = 0;
};

Used UsedByNow() {
  char text[256] = {};
  const int file = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  const auto size = ::read(file, text, sizeof text - 1);
  ::close(file);
  Used pages;
  if (size <= 0 || std::sscanf(text, "%lld %*d %*d %*d %*d %lld", &pages.space, &pages.data) != 2) {
    return {};
  }
  const long long page = ::sysconf(_SC_PAGESIZE);
  return {pages.space * page, pages.data * page};
}

void RefuseBelow(long long needed, int buffers, int resource, long long used, const char* name) {
  rlimit limit{};
  if (::getrlimit(static_cast<__rlimit_resource_t>(resource), &limit) != 0) return;
  if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= static_cast<rlim_t>(used + needed)) {
    return;
  }
  char text[512];
  const int length = std::snprintf(
      text, sizeof text,
      "curl-rl: ulimit -%s is %lld MB, and only to start the program's libraries take at least "
      "%lld "
      "MB, %lld MB of them a thread of OpenBLAS (threads: %d); raise the limit%s\n",
      name, static_cast<long long>(limit.rlim_cur / 1000000), (used + needed) / 1000000,
      kBufferBytes / 1000000, buffers, buffers > 1 ? ", or set OMP_NUM_THREADS=1" : "");
  if (length > 0 && ::write(2, text, static_cast<std::size_t>(length)) < 0) ::_exit(1);
  ::_exit(1);
}

std::terminate_handler terminate_before = nullptr;

// Want of memory that nobody caught, in a constructor or a thread of a library, is no crash.
[[noreturn]] void TellWantOfMemory() {
  try {
    if (std::current_exception()) std::rethrow_exception(std::current_exception());
  } catch (const std::bad_alloc&) {
    curl_rl::experiments::WriteOutOfMemory();
    ::_exit(1);
  } catch (...) {  // told by the handler before
  }
  terminate_before();
  std::abort();
}

void BeforeMain(int /*argc*/, char** /*argv*/, char** environment) {
  terminate_before = std::set_terminate(TellWantOfMemory);
  const int buffers = BuffersOfOpenBlas(environment);
  if (buffers == 0) return;
  const long long needed = kConstructorsBytes + buffers * kBufferBytes;
  const Used used = UsedByNow();
  RefuseBelow(needed, buffers, RLIMIT_DATA, used.data, "d");
  RefuseBelow(needed, buffers, RLIMIT_AS, used.space, "v");
}

[[gnu::section(".preinit_array"), gnu::used]] void (*const before_main)(int, char**,
                                                                        char**) = BeforeMain;

}  // namespace
#endif
