// Compiled with AMX instructions, and called only where processor and system have them.
//
// A tile holds 16 rows of 64 bytes; one instruction adds to 16x16 float32 sums the products of
// 16 rows of 32 bfloat16 and 32 rows of 16: eight times what AVX-512 multiplies in that time. So
// the plain sum is faster here than Winograd's algorithm, whose transforms would take longer than
// the products, and more exact.
//
// "Positions" are pixels of an output in a row as long as the input's (stride 1): the windows of
// neighbours are then as far apart at the end of a row as within it, and the whole image is one
// product of matrices. The two positions a row too many are not written, or their gradient is zero.
#include "encoders/conv3x3/conv3x3_kernels.h"

// GCC's names, and Clang 14's.
#if (defined(__AMX_BF16__) || defined(__AMXBF16__)) && defined(__AVX512BF16__)
#include "encoders/conv3x3/conv3x3_vectors_avx512.h"
// After the vectors that it uses.
#include "encoders/conv3x3/conv3x3_image.h"

namespace curl_rl::encoders::conv3x3 {
namespace {

constexpr std::int64_t kRows = 16;   // of a tile, and half the filters
constexpr std::int64_t kPairs = 16;  // of bfloat16 in a row of a tile
constexpr std::int64_t kMaxTaps = 9;
constexpr std::int64_t kSums = kFilters * kFilters;  // of the gradient by the weights of one tap
constexpr std::int64_t kPixelPair = 2 * kFilters;    // values of two pixels beside each other

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

// --- Outputs: the forward pass, and the gradient by the input ---------------------------------

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

void AmxForward(const Shape& shape, const Bfloat16* input, const Bfloat16* weights,
                const float* bias, Bfloat16* output) {
  if (shape.stride == 1) {
    Convolve</*kRelu=*/true>(shape.height, shape.width, input, weights, bias, output);
    return;
  }
  const Taps taps = TapsOf(shape.width, shape.channels, weights);
  const Tiles tiles(Min(kRows, shape.out_width), taps.pairs);
  for (std::int64_t r = 0; r < shape.out_height; ++r) {
    WriteOutputs</*kRelu=*/true>(
        taps, input + r * 2 * shape.width * shape.channels, shape.out_width,
        {output + r * shape.out_width * kFilters, shape.out_width, shape.out_width, bias});
  }
}

// --- Gradient by the weights ------------------------------------------------------------------
//
// For each tap, filters x positions times positions x channels. The left factor is the gradient
// transposed, once; the right one are pairs of neighbouring pixels, the values of the two beside
// each other.

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
  // Lanes of 128 bits first: b[16 h + p] has, of pixels p, p + 8, p + 16, p + 24, the filters
  // 8 l to 8 l + 7 of lane l, one pixel a lane.
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
// 24-27, then the others (PairOrder in conv3x3.cpp puts them back).
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

void AmxBackward(const Shape& shape, const Bfloat16* gradient, const Bfloat16* input,
                 const Bfloat16* output, const Bfloat16* flipped_weights, Bfloat16* input_gradient,
                 float* weight_gradient, float* bias_gradient, std::byte* memory) {
  AmxScratch scratch;
  SplitForAmx(shape, memory, &scratch);
  MaskGradient(shape, gradient, output, scratch.padded, bias_gradient);
  TransposeGradient(shape, scratch);
  if (shape.stride == 1) {
    PairPixels(shape, input, scratch);
  } else {
    PairWindows(shape, input, scratch);
  }
  {
    const Tiles tiles(kRows, kPairs);
    AddGradient(shape, scratch, weight_gradient);
  }
  if (input_gradient == nullptr) return;
  constexpr float kNoBias[kFilters] = {};
  Convolve</*kRelu=*/false>(shape.out_height + 2 * kPad, shape.out_width + 2 * kPad, scratch.padded,
                            flipped_weights, kNoBias, input_gradient);
}

}  // namespace

const Kernels<Bfloat16> kAmx = {AmxForward, AmxScratchBytes, AmxBackward, Layout::kTaps};

}  // namespace curl_rl::encoders::conv3x3

#else  // Another compiler or processor family.
namespace curl_rl::encoders::conv3x3 {

const Kernels<Bfloat16> kAmx = {};

}  // namespace curl_rl::encoders::conv3x3
#endif
