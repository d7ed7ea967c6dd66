// Outputs by AMX: the forward pass, and the gradient by the input. Included where the vectors of
// AVX-512 are, and compiled with AMX.
//
// A tile holds 16 rows of 64 bytes; one instruction adds to 16x16 float32 sums the products of
// 16 rows of 32 bfloat16 and 32 rows of 16: eight times what AVX-512 multiplies in that time. So
// the plain sum is faster here than Winograd's algorithm, whose transforms would take longer than
// the products, and more exact.
//
// "Positions" are pixels of an output in a row as long as the input's (stride 1): the windows of
// neighbours are then as far apart at the end of a row as within it, and the whole image is one
// product of matrices. The two positions a row too many are not written, or their gradient is zero.
#pragma once

#include "encoders/conv3x3/conv3x3_image.h"

namespace curl_rl::encoders::conv3x3 {
namespace {

constexpr std::int64_t kRows = 16;   // of a tile, and half the filters
constexpr std::int64_t kPairs = 16;  // of bfloat16 in a row of a tile
constexpr std::int64_t kMaxTaps = 9;

// Tiles by number, which the instructions want as constants: sums 0 to 3 (first and second rows,
// in each first and second columns), left factors 4 and 5, right factors 6 and 7.

// Whatever was written so far is in memory: GCC's intrinsics do not say that they read any.
inline void Written() { asm volatile("" ::: "memory"); }

// The tiles' sizes: `rows` of the left factor and of the sums, `pairs` of values in each.
class Tiles {
 public:
  Tiles(std::int64_t rows, std::int64_t pairs) {
    struct alignas(64) {
      std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
      std::uint16_t row_bytes[16] = {};
      std::uint8_t rows[16] = {};
    } sizes;
    const auto set = [&](int first, int last, std::int64_t count, std::int64_t bytes) {
      for (int tile = first; tile <= last; ++tile) {
        sizes.rows[tile] = static_cast<std::uint8_t>(count);
        sizes.row_bytes[tile] = static_cast<std::uint16_t>(bytes);
      }
    };
    set(0, 3, rows, 64);
    set(4, 5, rows, 4 * pairs);
    set(6, 7, pairs, 64);
    asm volatile("" : : "r"(&sizes) : "memory");
    _tile_loadconfig(&sizes);
  }
  ~Tiles() { _tile_release(); }  // a thread without tiles in use is switched faster
  Tiles(const Tiles&) = delete;
  Tiles& operator=(const Tiles&) = delete;
};

// A tap is what one multiplication of tiles covers of a window: a pixel of 32 channels, or a row of
// 3 pixels of 9.
struct Taps {
  std::int64_t count, pairs;
  std::int64_t step;              // values of the input from one position to the next
  std::int64_t offset[kMaxTaps];  // values from a position to each of its taps
  const Bfloat16* weights;        // [count, 2 halves of the filters, pairs, 16, 2]
};

Taps TapsOf(std::int64_t width, std::int64_t channels, const Bfloat16* weights) {
  Taps taps{};
  const bool pixels = channels == kFilters;
  taps.count = pixels ? kSide * kSide : kSide;
  taps.pairs = DivideUp(pixels ? channels : kSide * channels, 2);
  taps.step = pixels ? channels : 2 * channels;
  for (std::int64_t t = 0; t < taps.count; ++t) {
    taps.offset[t] = pixels ? (t / kSide * width + t % kSide) * channels : t * width * channels;
  }
  taps.weights = weights;
  return taps;
}

// Sums [kTwo ? 32 : 16, 32] at as many positions from `input` on.
template <bool kTwo>
void Products(const Taps& taps, const Bfloat16* input, float* sums) {
  const std::int64_t apart = 2 * taps.step;  // bytes
  Written();
  _tile_zero(0);
  _tile_zero(1);
  if constexpr (kTwo) {
    _tile_zero(2);
    _tile_zero(3);
  }
  const Bfloat16* weights = taps.weights;
  const std::int64_t half = taps.pairs * 2 * kRows;
  for (std::int64_t t = 0; t < taps.count; ++t) {
    const Bfloat16* const from = input + taps.offset[t];
    _tile_loadd(6, weights, 64);
    _tile_loadd(4, from, apart);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, weights + half, 64);
    _tile_dpbf16ps(1, 4, 7);
    if constexpr (kTwo) {
      _tile_loadd(5, from + kRows * taps.step, apart);
      _tile_dpbf16ps(2, 5, 6);
      _tile_dpbf16ps(3, 5, 7);
    }
    weights += 2 * half;
  }
  constexpr std::int64_t kSumBytes = kFilters * sizeof(float);
  _tile_stored(0, sums, kSumBytes);
  _tile_stored(1, sums + kRows, kSumBytes);
  if constexpr (kTwo) {
    _tile_stored(2, sums + kRows * kFilters, kSumBytes);
    _tile_stored(3, sums + kRows * kFilters + kRows, kSumBytes);
  }
}

// Where sums go: rows of `width` outputs, of every `pitch` positions.
struct Outputs {
  Bfloat16* to;
  std::int64_t width, pitch;
  const float* bias;  // [32]
};

template <bool kRelu>
void Write(const Outputs& outputs, const float* sums, std::int64_t position, std::int64_t count) {
  const Filters bias = LoadFloats(outputs.bias);
  std::int64_t column = position % outputs.pitch;
  Bfloat16* row = outputs.to + position / outputs.pitch * outputs.width * kFilters;
  for (std::int64_t p = 0; p < count; ++p) {
    if (column < outputs.width) {
      const Filters sum = Add(LoadFloats(sums + p * kFilters), bias);
      StoreRounded(kRelu ? Relu(sum) : sum, row + column * kFilters);
    }
    if (++column == outputs.pitch) {
      column = 0;
      row += outputs.width * kFilters;
    }
  }
}

// All outputs of `positions` positions. The last ones are made together with some before them, once
// more: no tile reaches beyond the last window.
template <bool kRelu>
void WriteOutputs(const Taps& taps, const Bfloat16* input, std::int64_t positions,
                  const Outputs& outputs) {
  alignas(64) float sums[2 * kRows * kFilters];
  const std::int64_t rows = Min(kRows, positions);  // as the tiles are
  for (std::int64_t at = 0; at < positions;) {
    const std::int64_t left = positions - at;
    const bool two = left > kRows && positions >= 2 * kRows;
    const std::int64_t count = two ? 2 * rows : rows;
    const std::int64_t first = Min(at, positions - count);
    if (two) {
      Products<true>(taps, input + first * taps.step, sums);
    } else {
      Products<false>(taps, input + first * taps.step, sums);
    }
    Write<kRelu>(outputs, sums, first, count);
    at = first + count;
  }
}

// The convolution of `input` [height, width, 32] with stride 1.
template <bool kRelu>
void Convolve(std::int64_t height, std::int64_t width, const Bfloat16* input,
              const Bfloat16* weights, const float* bias, Bfloat16* output) {
  const std::int64_t positions = (height - 3) * width + width - 2;
  const Tiles tiles(Min(kRows, positions), kPairs);
  WriteOutputs<kRelu>(TapsOf(width, kFilters, weights), input, positions,
                      {output, width - 2, width, bias});
}

}  // namespace
}  // namespace curl_rl::encoders::conv3x3
