// The few vector operations of the kernels on AVX2 with FMA, for float alone: the names of
// conv3x3_vectors_avx512.h. All have internal linkage, since they are compiled for other processors
// than the rest.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "encoders/conv3x3/conv3x3_kernels.h"

namespace curl_rl::encoders::conv3x3 {
namespace {

// Rows of a tile: 12 accumulators, 3 broadcasts, 1 vector of weights at a time, of 16 registers.
constexpr std::int64_t kMaxPixels = 3;
constexpr int kUnrolledSteps = 4;  // an eighth of the time of a layer's forward pass

// 32 float32 values, one a filter.
struct Filters {
  __m256 a, b, c, d;
};

// What Winograd's transforms work on at once: a quarter, so that a tile of 4x4 fits the registers.
struct Lanes {
  __m256 values;
};
constexpr std::int64_t kLanes = 8;

inline Filters LoadFloats(const float* from) {
  return {_mm256_loadu_ps(from), _mm256_loadu_ps(from + 8), _mm256_loadu_ps(from + 16),
          _mm256_loadu_ps(from + 24)};
}
inline void StoreFloats(Filters values, float* to) {
  _mm256_storeu_ps(to, values.a);
  _mm256_storeu_ps(to + 8, values.b);
  _mm256_storeu_ps(to + 16, values.c);
  _mm256_storeu_ps(to + 24, values.d);
}

// Adds to each of `kRows` sums the product of `step` and one value: those are `kApart` apart. One
// vector of the step after the other, so that no more than one takes a register.
template <std::int64_t kRows, std::int64_t kApart>
[[gnu::always_inline]] inline void MultiplyAddRows(const float* values, const float* step,
                                                   Filters* sums) {
  __m256 broadcast[kRows];
#pragma GCC unroll 3
  for (int r = 0; r < kRows; ++r) broadcast[r] = _mm256_broadcast_ss(values + r * kApart);
  const __m256 a = _mm256_loadu_ps(step);
#pragma GCC unroll 3
  for (int r = 0; r < kRows; ++r) sums[r].a = _mm256_fmadd_ps(broadcast[r], a, sums[r].a);
  const __m256 b = _mm256_loadu_ps(step + 8);
#pragma GCC unroll 3
  for (int r = 0; r < kRows; ++r) sums[r].b = _mm256_fmadd_ps(broadcast[r], b, sums[r].b);
  const __m256 c = _mm256_loadu_ps(step + 16);
#pragma GCC unroll 3
  for (int r = 0; r < kRows; ++r) sums[r].c = _mm256_fmadd_ps(broadcast[r], c, sums[r].c);
  const __m256 d = _mm256_loadu_ps(step + 24);
#pragma GCC unroll 3
  for (int r = 0; r < kRows; ++r) sums[r].d = _mm256_fmadd_ps(broadcast[r], d, sums[r].d);
}

inline Filters Add(Filters a, Filters b) {
  return {_mm256_add_ps(a.a, b.a), _mm256_add_ps(a.b, b.b), _mm256_add_ps(a.c, b.c),
          _mm256_add_ps(a.d, b.d)};
}
inline Lanes Add(Lanes a, Lanes b) { return {_mm256_add_ps(a.values, b.values)}; }
inline Lanes Subtract(Lanes a, Lanes b) { return {_mm256_sub_ps(a.values, b.values)}; }

inline Lanes LoadSplit(const float* from) { return {_mm256_loadu_ps(from)}; }
inline Lanes LoadLanes(const float* from) { return {_mm256_loadu_ps(from)}; }
inline void StoreSplit(Lanes values, float* to) { _mm256_storeu_ps(to, values.values); }
inline void StoreStep(const Lanes* vectors, float* to) { _mm256_storeu_ps(to, vectors->values); }

// Copies 32 gradients, zero where the output of a ReLU (not negative, or not a number) is zero.
// Returns them as float32.
inline Filters CopyWherePositive(const float* gradient, const float* output, float* to) {
  const auto keep = [](const float* g, const float* y) {
    const __m256 positive = _mm256_cmp_ps(_mm256_loadu_ps(y), _mm256_setzero_ps(), _CMP_NLE_UQ);
    return _mm256_and_ps(positive, _mm256_loadu_ps(g));
  };
  const Filters kept = {keep(gradient, output), keep(gradient + 8, output + 8),
                        keep(gradient + 16, output + 16), keep(gradient + 24, output + 24)};
  StoreFloats(kept, to);
  return kept;
}

// The instruction returns its second operand if either is not a number, which must come through.
inline Lanes Relu(Lanes values) { return {_mm256_max_ps(_mm256_setzero_ps(), values.values)}; }
inline Filters Relu(Filters values) {
  const __m256 zero = _mm256_setzero_ps();
  return {_mm256_max_ps(zero, values.a), _mm256_max_ps(zero, values.b),
          _mm256_max_ps(zero, values.c), _mm256_max_ps(zero, values.d)};
}

inline void StoreRounded(Lanes values, float* to) { StoreSplit(values, to); }
inline void StoreRounded(Filters values, float* to) { StoreFloats(values, to); }

}  // namespace
}  // namespace curl_rl::encoders::conv3x3
