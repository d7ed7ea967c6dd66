// The buffers that OpenBLAS maps, a large one for each thread that computes. Where a limit leaves
// no room for one it asks again for ever, so the room has to be looked at before.
#pragma once

namespace curl_rl::experiments {

/// A buffer on x86-64, 32 << 22 bytes. Few of its pages are touched: it counts for `ulimit -v` and
/// for `-d`, not for the machine.
constexpr long long kOpenBlasBufferBytes = 128LL << 20;

/// As OpenBLAS counts its threads at its start: OMP_NUM_THREADS of `environment`, no more than the
/// cores of the affinity mask. Needs neither the C library's start nor memory.
int OpenBlasThreads(char** environment);

/// Buffers that OpenBLAS takes at its start: one a thread where it computes with OpenMP, else one;
/// 0 where there is no OpenBLAS. As above, callable before constructors.
int OpenBlasBuffersAtStart(char** environment);

/// Where `ulimit -v` or `-d` is set: lets OpenBLAS take, now, the buffers that `threads` threads
/// will want that compute at once, so that later ones are not asked for in vain. Throws
/// std::runtime_error with the numbers where they cannot be had. Does nothing the second time.
void TakeOpenBlasBuffers(int threads);

}  // namespace curl_rl::experiments
