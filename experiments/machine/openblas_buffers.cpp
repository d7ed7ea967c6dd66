// Asks OpenBLAS what it is, and for its buffers, by the functions that it exports.
#include "experiments/machine/openblas_buffers.h"

#include <dlfcn.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "replay/process_limits.h"

namespace curl_rl::experiments {
namespace {

constexpr int kMostThreads = 64;  // of Debian's build

}  // namespace

int OpenBlasThreads(char** environment) {
  constexpr char kName[] = "OMP_NUM_THREADS=";
  int asked = 0;
  // std::getenv finds nothing before the C library has been started.
  for (char** entry = environment; entry != nullptr && *entry != nullptr; ++entry) {
    if (std::strncmp(*entry, kName, sizeof kName - 1) == 0)
      asked = std::atoi(*entry + sizeof kName - 1);
  }
  int cores = kMostThreads;
  cpu_set_t mask;
  if (::sched_getaffinity(0, sizeof mask, &mask) == 0) cores = CPU_COUNT(&mask);
  return std::clamp(asked > 0 ? std::min(asked, cores) : cores, 1, kMostThreads);
}

int OpenBlasBuffersAtStart(char** environment) {
  void* symbol = ::dlsym(RTLD_DEFAULT, "openblas_get_parallel");
  if (symbol == nullptr) return 0;
  // Returns a constant (2: OpenMP) and may be called before OpenBLAS's constructors.
  return reinterpret_cast<int (*)()>(symbol)() == 2 ? OpenBlasThreads(environment) : 1;
}

void TakeOpenBlasBuffers(int threads) {
  if (!replay::MappingsAreLimited()) return;
  const int at_start = OpenBlasBuffersAtStart(environ);
  if (at_start == 0) return;
  static int taken = 0;  // by earlier calls
  // One for each thread that multiplies at the same time as others; those of its start are for its
  // own threads, of which it makes more when asked to.
  const int wanted = threads + std::max(0, threads - at_start);
  if (wanted <= taken) return;
  const auto bytes = static_cast<std::size_t>((wanted - taken) * kOpenBlasBufferBytes);
  void* const room = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) {
    const auto left = replay::MemoryOfProcess();
    throw std::runtime_error("no room for the buffers of OpenBLAS: " + std::to_string(threads) +
                             " threads need " + std::to_string(bytes / 1'000'000) +
                             " MB more, and " + std::to_string(left.bytes / 1'000'000) +
                             " MB can be had (" + left.limited_by + "); raise the limit" +
                             (threads > 1 ? ", or set threads: 1 and OMP_NUM_THREADS=1" : ""));
  }
  ::munmap(room, bytes);
  auto* const take = reinterpret_cast<void* (*)(int)>(::dlsym(RTLD_DEFAULT, "blas_memory_alloc"));
  auto* const give = reinterpret_cast<void (*)(void*)>(::dlsym(RTLD_DEFAULT, "blas_memory_free"));
  if (take == nullptr || give == nullptr) return;
  // Given back they stay mapped, for the next that asks.
  std::vector<void*> buffers;
  for (int i = 0; i < wanted; ++i) buffers.push_back(take(0));
  for (void* buffer : buffers) give(buffer);
  taken = wanted;
}

}  // namespace curl_rl::experiments
