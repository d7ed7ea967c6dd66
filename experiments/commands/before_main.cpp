// What stands before every constructor of the shared libraries. OpenBLAS asks for its buffers there
// and, where they cannot be had, asks again for ever; LibTorch's constructors throw, which nobody
// catches. So a limit that leaves no room for them has to be seen, and told, before; and one that
// leaves no stack.
// Sanitizers are not ready so early, and take more than any such limit allows: with them there is
// nothing here.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>

#include "experiments/commands/program.h"
#include "experiments/machine/openblas_buffers.h"

namespace {

using curl_rl::experiments::kOpenBlasBufferBytes;
using curl_rl::experiments::OpenBlasBuffersAtStart;

// What all other constructors take at least. With LibTorch 1.13 the process has about 85 MB of data
// at `main` beside the buffers, most of it before this; what is refused here must be what could not
// have started.
constexpr long long kConstructorsBytes = 10LL << 20;

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
      kOpenBlasBufferBytes / 1000000, buffers, buffers > 1 ? ", or set OMP_NUM_THREADS=1" : "");
  if (length > 0 && ::write(2, text, static_cast<std::size_t>(length)) < 0) ::_exit(1);
  ::_exit(1);
}

// Commands were seen to overrun 160 kB, none 192: drawing and its compiler, libraries of films.
// What overruns the stack is a crash without a word, so there is room above that.
constexpr rlim_t kStackKilobytes = 512;

void RefuseSmallStack() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
      limit.rlim_cur >= kStackKilobytes * 1024) {
    return;
  }
  char text[256];
  const int length =
      std::snprintf(text, sizeof text,
                    "curl-rl: ulimit -s is %llu kB, and the program needs a stack of %llu kB; "
                    "raise the limit (ulimit -s 8192)\n",
                    static_cast<unsigned long long>(limit.rlim_cur / 1024),
                    static_cast<unsigned long long>(kStackKilobytes));
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
  RefuseSmallStack();
  terminate_before = std::set_terminate(TellWantOfMemory);
  const int buffers = OpenBlasBuffersAtStart(environment);
  if (buffers == 0) return;
  const long long needed = kConstructorsBytes + buffers * kOpenBlasBufferBytes;
  const Used used = UsedByNow();
  RefuseBelow(needed, buffers, RLIMIT_DATA, used.data, "d");
  RefuseBelow(needed, buffers, RLIMIT_AS, used.space, "v");
}

[[gnu::section(".preinit_array"), gnu::used]] void (*const before_main)(int, char**,
                                                                        char**) = BeforeMain;

}  // namespace
#endif
