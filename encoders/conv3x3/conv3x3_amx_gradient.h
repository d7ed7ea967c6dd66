// The gradient by the weights by AMX, included as conv3x3_amx_outputs.h.
//
// For each tap, filters x positions times positions x channels. The left factor is the gradient
// transposed, once; the right one are pairs of neighbouring pixels, the values of the two beside
// each other.
#pragma once

#include "encoders/conv3x3/conv3x3_amx_outputs.h"

namespace curl_rl::encoders::conv3x3 {
namespace {

constexpr std::int64_t kSums = kFilters * kFilters;  // of one tap
constexpr std::int64_t kPixelPair = 2 * kFilters;    // values of two pixels beside each other

// From one row of positions to the next. With stride 2 it is even, so that pairs do not cross rows.
std::int64_t PitchOf(const Shape& shape) {
  return shape.stride == 1 ? shape.width : DivideUp(shape.out_width, 2) * 2;
}

std::int64_t StepsOf(const Shape& shape) {  // of 32 positions
  return DivideUp((shape.out_height - 1) * PitchOf(shape) + shape.out_width, 2 * kPairs);
}

// Pairs of the input that steps reach, from the first of each list on, and a step more.
std::int64_t PairsOf(const Shape& shape) {
  const std::int64_t furthest = shape.stride == 1 ? 2 * shape.width + 2 : PitchOf(shape);
  return (StepsOf(shape) + 1) * kPairs + DivideUp(furthest, 2);
}

struct AmxScratch {
  Bfloat16* padded;      // as in Scratch, and 32 pixels more
  Bfloat16* transposed;  // [32, transposed_row]: of the gradient, by position
  std::int64_t transposed_row;
  // [pairs, 32, 2], channels in the order of Interleaved. Stride 1: pairs from an even pixel, and
  // from an odd one, on. Else: of even rows and of odd ones, the windows of neighbours.
  Bfloat16* pairs[2];
};

std::size_t SplitForAmx(const Shape& shape, std::byte* memory, AmxScratch* scratch) {
  std::size_t used = 0;
  const auto take = [&](std::int64_t values) {
    auto* const part = memory == nullptr ? nullptr : reinterpret_cast<Bfloat16*>(memory + used);
    used += static_cast<std::size_t>(DivideUp(values * 2, 64) * 64);
    return part;
  };
  scratch->padded =
      take((shape.out_height + 2 * kPad) * PaddedRow<Bfloat16>(shape) + 32 * kFilters);
  // An odd number of lines, so that rows do not lie in the same few sets of the first cache.
  scratch->transposed_row = ((StepsOf(shape) + 2) | 1) * 32;
  scratch->transposed = take(kFilters * scratch->transposed_row);
  for (Bfloat16*& list : scratch->pairs) list = take(PairsOf(shape) * kPixelPair);
  return used;
}

std::size_t AmxScratchBytes(const Shape& shape) {
  AmxScratch scratch;
  return SplitForAmx(shape, nullptr, &scratch);
}

// Transposes 32 pixels of 32 filters: to[f * row + p] = from[p * 32 + f]. In five rounds, each of
// which exchanges one bit of f with one of p.
void Transpose(const Bfloat16* from, std::int64_t row, Bfloat16* to) {
  __m512i a[32], b[32];
  for (int p = 0; p < 32; ++p) a[p] = _mm512_loadu_si512(from + p * kFilters);
  // Lanes of 128 bits first: b[8 l + p] has, of pixels p, p + 8, p + 16 and p + 24, the filters
  // 8 l to 8 l + 7, one pixel a lane.
  for (int p = 0; p < 8; ++p) {
    const __m512i low = _mm512_shuffle_i32x4(a[p], a[p + 8], 0x44);   // p: 0 1, p + 8: 0 1
    const __m512i high = _mm512_shuffle_i32x4(a[p], a[p + 8], 0xee);  // p: 2 3, p + 8: 2 3
    const __m512i low2 = _mm512_shuffle_i32x4(a[p + 16], a[p + 24], 0x44);
    const __m512i high2 = _mm512_shuffle_i32x4(a[p + 16], a[p + 24], 0xee);
    b[p] = _mm512_shuffle_i32x4(low, low2, 0x88);         // filters 0 to 7 of the four pixels
    b[8 + p] = _mm512_shuffle_i32x4(low, low2, 0xdd);     // 8 to 15
    b[16 + p] = _mm512_shuffle_i32x4(high, high2, 0x88);  // 16 to 23
    b[24 + p] = _mm512_shuffle_i32x4(high, high2, 0xdd);  // 24 to 31
  }
  // Then 8x8 within the lanes.
  for (int block = 0; block < 4; ++block) {
    __m512i* const v = b + 8 * block;
    __m512i w[8], x[8];
    for (int i = 0; i < 4; ++i) {
      w[2 * i] = _mm512_unpacklo_epi16(v[2 * i], v[2 * i + 1]);
      w[2 * i + 1] = _mm512_unpackhi_epi16(v[2 * i], v[2 * i + 1]);
    }
    for (int i = 0; i < 2; ++i) {
      for (int h = 0; h < 2; ++h) {
        x[4 * i + 2 * h] = _mm512_unpacklo_epi32(w[4 * i + h], w[4 * i + 2 + h]);
        x[4 * i + 2 * h + 1] = _mm512_unpackhi_epi32(w[4 * i + h], w[4 * i + 2 + h]);
      }
    }
    for (int i = 0; i < 4; ++i) {
      Bfloat16* const filters = to + (8 * block + 2 * i) * row;
      _mm512_storeu_si512(filters, _mm512_unpacklo_epi64(x[i], x[4 + i]));
      _mm512_storeu_si512(filters + row, _mm512_unpackhi_epi64(x[i], x[4 + i]));
    }
  }
}

// The gradient by position. What a row's last block has beyond the row is zero as far as `pitch`,
// and written over by the next row's behind; behind the last row lie the zeros of the padding.
void TransposeGradient(const Shape& shape, const AmxScratch& scratch) {
  const std::int64_t pitch = PitchOf(shape), row = PaddedRow<Bfloat16>(shape);
  for (std::int64_t r = 0; r < shape.out_height; ++r) {
    const Bfloat16* const from = scratch.padded + (r + kPad) * row + kPad * kFilters;
    for (std::int64_t c = 0; c < shape.out_width; c += 32) {
      Transpose(from + c * kFilters, scratch.transposed_row, scratch.transposed + r * pitch + c);
    }
  }
}

// A pair of 32 values each: the two of a channel beside each other, channels 0-3, 8-11, 16-19,
// 24-27, then the others (TapRows in conv3x3.cpp puts them back).
inline void Interleaved(__m512i first, __m512i second, Bfloat16* to) {
  _mm512_storeu_si512(to, _mm512_unpacklo_epi16(first, second));
  _mm512_storeu_si512(to + kFilters, _mm512_unpackhi_epi16(first, second));
}

// Stride 1. Nothing lies beside the last pixel.
void PairPixels(const Shape& shape, const Bfloat16* input, const AmxScratch& scratch) {
  const std::int64_t pixels = shape.height * shape.width;
  __m512i pixel = _mm512_loadu_si512(input);
  for (std::int64_t p = 0; p < pixels; ++p) {
    const __m512i next =
        p + 1 < pixels ? _mm512_loadu_si512(input + (p + 1) * kFilters) : _mm512_setzero_si512();
    Interleaved(pixel, next, scratch.pairs[p & 1] + (p >> 1) * kPixelPair);
    pixel = next;
  }
}

// Stride 2: rows of the window, as far as it reaches.
void PairWindows(const Shape& shape, const Bfloat16* input, const AmxScratch& scratch) {
  const __mmask32 window = (1U << shape.depth) - 1;
  const std::int64_t step = 2 * shape.channels, row = shape.width * shape.channels;
  for (std::int64_t r = 0; r < 2 * shape.out_height + 1; ++r) {
    Bfloat16* to = scratch.pairs[r & 1] + (r >> 1) * (PitchOf(shape) / 2) * kPixelPair;
    for (std::int64_t c = 0; c < shape.out_width; c += 2) {
      const Bfloat16* const from = input + r * row + c * step;
      const __m512i next = c + 1 < shape.out_width ? _mm512_maskz_loadu_epi16(window, from + step)
                                                   : _mm512_setzero_si512();
      Interleaved(_mm512_maskz_loadu_epi16(window, from), next, to);
      to += kPixelPair;
    }
  }
}

// The first pair of a tap, within one of the two lists.
const Bfloat16* PairsOfTap(const Shape& shape, const AmxScratch& scratch, std::int64_t tap) {
  if (shape.stride == 1) {
    const std::int64_t offset = tap / kSide * shape.width + tap % kSide;
    return scratch.pairs[offset & 1] + (offset >> 1) * kPixelPair;
  }
  return scratch.pairs[tap & 1] + (tap >> 1) * (PitchOf(shape) / 2) * kPixelPair;
}

// Adds to `total` [taps, 2 halves of the channels, 32 filters, 16].
void AddGradient(const Shape& shape, const AmxScratch& scratch, float* total) {
  constexpr std::int64_t kBlockSteps = 8;  // whose factors stay in the first cache for all taps
  const std::int64_t taps = shape.stride == 1 ? kSide * kSide : kSide, steps = StepsOf(shape);
  const std::int64_t row = scratch.transposed_row;
  constexpr std::int64_t kHalf = kFilters * kRows, kQuarter = kRows * kRows;
  Written();
  for (std::int64_t first = 0; first < steps; first += kBlockSteps) {
    const std::int64_t end = Min(first + kBlockSteps, steps);
    for (std::int64_t tap = 0; tap < taps; ++tap) {
      const Bfloat16* const pairs = PairsOfTap(shape, scratch, tap);
      float* const sums = total + tap * kSums;
      _tile_loadd(0, sums, 64);
      _tile_loadd(1, sums + kHalf, 64);
      _tile_loadd(2, sums + kQuarter, 64);
      _tile_loadd(3, sums + kHalf + kQuarter, 64);
      for (std::int64_t k = first; k < end; ++k) {
        const Bfloat16* const left = scratch.transposed + k * 2 * kPairs;
        const Bfloat16* const right = pairs + k * kPairs * kPixelPair;
        _tile_loadd(4, left, 2 * row);
        _tile_loadd(6, right, 2 * kPixelPair);
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(7, right + kFilters, 2 * kPixelPair);
        _tile_dpbf16ps(1, 4, 7);
        _tile_loadd(5, left + kRows * row, 2 * row);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
      }
      _tile_stored(0, sums, 64);
      _tile_stored(1, sums + kHalf, 64);
      _tile_stored(2, sums + kQuarter, 64);
      _tile_stored(3, sums + kHalf + kQuarter, 64);
    }
  }
}

}  // namespace
}  // namespace curl_rl::encoders::conv3x3
