// Loops compiled twice, for the x86-64 baseline (SSE2) and for AVX2; the program picks when it
// starts. No other instructions come in, so both give the same bits. Not under TSan, which crashes
// where the choice is made, before it has begun.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__)
#define CURL_RL_VECTOR_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define CURL_RL_VECTOR_CLONES
#endif

// at::parallel_for is a header's template: without OpenMP here it would run on one thread,
// silently.
#include <ATen/Parallel.h>
#if AT_PARALLEL_OPENMP && !defined(_OPENMP)
#error "LibTorch uses OpenMP threads: compile with OpenMP, or at::parallel_for does not"
#endif
