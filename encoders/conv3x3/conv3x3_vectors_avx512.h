// The few vector operations of the kernels on AVX-512, for float and bfloat16 under the same names.
// All have internal linkage, since they are compiled for other processors than the rest.
#pragma once

#if defined(__GNUC__) && !defined(__clang__)  // GCC 12 warns of its own _mm512_undefined_ps
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <immintrin.h>

#include <cstdint>
#include <cstring>

#include "encoders/conv3x3/conv3x3_kernels.h"

namespace curl_rl::encoders::conv3x3 {
namespace {

// Rows of a tile: 28 accumulators, 2 weights, 2 broadcasts, of 32 registers.
constexpr std::int64_t kMaxPixels = 14;
constexpr int kUnrolledSteps = 1;

// 32 float32 values, one a filter.
struct Filters {
  __m512 low, high;
};

// What Winograd's transforms work on at once: all filters.
using Lanes = Filters;
constexpr std::int64_t kLanes = kFilters;

// What one step multiplies: 32 floats, or 32 pairs of bfloat16 whose products are added.
struct FloatStep {
  __m512 low, high;
};
struct Bfloat16Step {
  __m512bh low, high;
};

inline Filters LoadFloats(const float* from) {
  return {_mm512_loadu_ps(from), _mm512_loadu_ps(from + 16)};
}
inline Lanes LoadLanes(const float* from) { return LoadFloats(from); }
inline void StoreFloats(Filters values, float* to) {
  _mm512_storeu_ps(to, values.low);
  _mm512_storeu_ps(to + 16, values.high);
}

inline FloatStep LoadStep(const float* from) {
  return {_mm512_loadu_ps(from), _mm512_loadu_ps(from + 16)};
}
inline Bfloat16Step LoadStep(const std::uint16_t* from) {
  return {(__m512bh)_mm512_loadu_si512(from), (__m512bh)_mm512_loadu_si512(from + 32)};
}

inline __m512 BroadcastStep(const float* from) { return _mm512_set1_ps(*from); }
inline __m512bh BroadcastStep(const std::uint16_t* from) {
  std::int32_t two;
  std::memcpy(&two, from, sizeof(two));
  return (__m512bh)_mm512_set1_epi32(two);
}

inline void MultiplyAdd(__m512 value, FloatStep step, Filters* sum) {
  sum->low = _mm512_fmadd_ps(value, step.low, sum->low);
  sum->high = _mm512_fmadd_ps(value, step.high, sum->high);
}
inline void MultiplyAdd(__m512bh value, Bfloat16Step step, Filters* sum) {
  sum->low = _mm512_dpbf16_ps(sum->low, value, step.low);
  sum->high = _mm512_dpbf16_ps(sum->high, value, step.high);
}

// Adds to each of `kRows` sums the product of `step` and one value, or pair of values: those are
// `kApart` values apart.
template <std::int64_t kRows, std::int64_t kApart, typename T>
[[gnu::always_inline]] inline void MultiplyAddRows(const T* values, const T* step, Filters* sums) {
  const auto vectors = LoadStep(step);
#pragma GCC unroll 14
  for (int r = 0; r < kRows; ++r) {
    MultiplyAdd(BroadcastStep(values + r * kApart), vectors, &sums[r]);
  }
}

inline Filters Add(Filters a, Filters b) {
  return {_mm512_add_ps(a.low, b.low), _mm512_add_ps(a.high, b.high)};
}
inline Filters Subtract(Filters a, Filters b) {
  return {_mm512_sub_ps(a.low, b.low), _mm512_sub_ps(a.high, b.high)};
}

// 32 values as float32 and back. Of bfloat16, whose bits are the upper half of a float32's, `low`
// has those with even numbers and `high` the odd ones, and StoreSplit writes `low` before `high`:
// cheaper than keeping the order, which is then that of the weights (SplitOrder in conv3x3.cpp).
inline Filters LoadSplit(const float* from) { return LoadFloats(from); }
inline Filters LoadSplit(const std::uint16_t* from) {
  const __m512i values = _mm512_loadu_si512(from);
  const __m512i upper = _mm512_set1_epi32(static_cast<int>(0xffff0000u));
  return {_mm512_castsi512_ps(_mm512_slli_epi32(values, 16)),
          _mm512_castsi512_ps(_mm512_and_si512(values, upper))};
}
inline void StoreSplit(Filters values, float* to) { StoreFloats(values, to); }
inline void StoreSplit(Filters values, std::uint16_t* to) {
  _mm512_storeu_si512(to, (__m512i)_mm512_cvtne2ps_pbh(values.high, values.low));
}

// kGroup vectors of 32 as one step of the arithmetic: of bfloat16, the values of the two beside
// each other.
inline void StoreStep(const Filters* vectors, float* to) { StoreFloats(vectors[0], to); }
inline void StoreStep(const Filters* vectors, std::uint16_t* to) {
  static constexpr std::uint16_t kInTurn[32] = {0,  16, 1,  17, 2,  18, 3,  19, 4,  20, 5,
                                                21, 6,  22, 7,  23, 8,  24, 9,  25, 10, 26,
                                                11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  const __m512i in_turn = _mm512_loadu_si512(kInTurn);
  const auto side_by_side = [&](__m512 first, __m512 second) {
    return _mm512_permutexvar_epi16(in_turn, (__m512i)_mm512_cvtne2ps_pbh(second, first));
  };
  _mm512_storeu_si512(to, side_by_side(vectors[0].low, vectors[1].low));
  _mm512_storeu_si512(to + 32, side_by_side(vectors[0].high, vectors[1].high));
}

// Copies 32 gradients, zero where the output of a ReLU (not negative, or not a number) is zero.
// Returns them as float32.
inline Filters CopyWherePositive(const float* gradient, const float* output, float* to) {
  const auto keep = [](const float* g, const float* y) {
    const __m512 zero = _mm512_setzero_ps();
    const __mmask16 positive = _mm512_cmp_ps_mask(_mm512_loadu_ps(y), zero, _CMP_NLE_UQ);
    return _mm512_maskz_loadu_ps(positive, g);
  };
  const Filters kept = {keep(gradient, output), keep(gradient + 16, output + 16)};
  StoreFloats(kept, to);
  return kept;
}
inline Filters CopyWherePositive(const std::uint16_t* gradient, const std::uint16_t* output,
                                 std::uint16_t* to) {
  const __m512i but_sign = _mm512_set1_epi16(0x7fff);
  const __mmask32 positive = _mm512_test_epi16_mask(_mm512_loadu_si512(output), but_sign);
  const __m512i kept = _mm512_maskz_loadu_epi16(positive, gradient);
  _mm512_storeu_si512(to, kept);
  const auto widen = [](__m256i half) {  // a bfloat16 is the upper half of a float32
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
  };
  return {widen(_mm512_castsi512_si256(kept)), widen(_mm512_extracti64x4_epi64(kept, 1))};
}

// pairs[2 i], pairs[2 i + 1] = above[i], below[i] for 16 values.
inline void InterleaveSixteen(const std::uint16_t* above, const std::uint16_t* below,
                              std::uint16_t* pairs) {
  const auto load = [](const std::uint16_t* from) {
    return _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
  };
  _mm512_storeu_si512(pairs, _mm512_or_si512(load(above), _mm512_slli_epi32(load(below), 16)));
}

// The instruction returns its second operand if either is not a number, which must come through.
inline Filters Relu(Filters values) {
  const __m512 zero = _mm512_setzero_ps();
  return {_mm512_max_ps(zero, values.low), _mm512_max_ps(zero, values.high)};
}

inline void StoreRounded(Filters values, float* to) { StoreFloats(values, to); }
inline void StoreRounded(Filters values, std::uint16_t* to) {
  _mm512_storeu_si512(to, (__m512i)_mm512_cvtne2ps_pbh(values.high, values.low));
}

}  // namespace
}  // namespace curl_rl::encoders::conv3x3
