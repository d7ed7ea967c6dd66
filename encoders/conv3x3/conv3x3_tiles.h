// The inner loops of the kernels, over the vectors of one instruction set, which the file that
// includes this one chooses: conv3x3_vectors_avx512.h or conv3x3_vectors_avx2.h.
//
// All passes are one pattern. A tile of accumulators stays in registers: up to kMaxPixels rows of
// the 32 filters. Each step loads the vectors that belong to one value of the window and multiplies
// them by one broadcast value for each row. With 16 accumulators or more (8 of AVX2's), loads and
// latency hide behind the two multiplications a cycle that the processor can do.
#pragma once

#include "encoders/conv3x3/conv3x3_kernels.h"

namespace curl_rl::encoders::conv3x3 {
namespace {

constexpr std::int64_t Min(std::int64_t a, std::int64_t b) { return a < b ? a : b; }
constexpr std::int64_t DivideUp(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// Fetches memory into the second cache, a share of it at each call of Next, while the processor
// multiplies: the pass over it that follows would wait for most of it.
class Ahead {
 public:
  Ahead(const void* memory, std::int64_t bytes, std::int64_t calls)
      : next_(static_cast<const char*>(memory)), end_(next_ + bytes), share_(bytes / calls + 1) {}
  void Next() {
    const char* const stop = end_ - next_ < share_ ? end_ : next_ + share_;
    for (; next_ < stop; next_ += kLine) _mm_prefetch(next_, _MM_HINT_T1);
  }

 private:
  static constexpr std::int64_t kLine = 64;
  const char* next_;
  const char* end_;
  std::int64_t share_;
};

// --- Outputs: the forward pass, and the gradient by the input ---------------------------------

// What is the same for all tiles of a pass.
template <typename T>
struct OutputPass {
  std::int64_t input_row;  // values from one row of the input to the next
  std::int64_t rows;       // of the window
  std::int64_t steps;      // over one row of the window
  const T* weights;        // [rows, steps, 32, kGroup]
  const float* bias;       // [32]
};

// `kPixels` neighbouring outputs of one row, whose windows are kStep values of the input apart.
template <bool kRelu, std::int64_t kStep, std::int64_t kPixels, typename T, typename Out>
[[gnu::always_inline]] inline void OutputTile(const OutputPass<T>& pass, const T* input,
                                              Out* output) {
  Filters sums[kPixels];
  const Filters bias = LoadFloats(pass.bias);
#pragma GCC unroll 14
  for (int p = 0; p < kPixels; ++p) sums[p] = bias;
  const T* weights = pass.weights;
  for (std::int64_t i = 0; i < pass.rows; ++i) {
    const T* window = input + i * pass.input_row;
#pragma GCC unroll kUnrolledSteps
    for (std::int64_t k = 0; k < pass.steps; ++k) {
      MultiplyAddRows<kPixels, kStep>(window, weights, sums);
      window += kGroup<T>;
      weights += kFilters * kGroup<T>;
    }
  }
#pragma GCC unroll 14
  for (int p = 0; p < kPixels; ++p) {
    StoreRounded(kRelu ? Relu(sums[p]) : sums[p], output + p * kFilters);
  }
}

// The tile of `pixels` outputs: the compiled one of that size.
template <bool kRelu, std::int64_t kStep, std::int64_t kPixels = kMaxPixels, typename T,
          typename Out>
[[gnu::always_inline]] inline void OutputTileOf(std::int64_t pixels, const OutputPass<T>& pass,
                                                const T* input, Out* output) {
  if constexpr (kPixels > 1) {
    if (pixels < kPixels) {
      return OutputTileOf<kRelu, kStep, kPixels - 1>(pixels, pass, input, output);
    }
  }
  OutputTile<kRelu, kStep, kPixels>(pass, input, output);
}

// A row of outputs in tiles of nearly equal size: a small rest would waste most of its time.
template <bool kRelu, std::int64_t kStep, typename T, typename Out>
[[gnu::always_inline]] inline void OutputRow(const OutputPass<T>& pass, const T* input,
                                             std::int64_t width, Out* output) {
  for (std::int64_t tiles = DivideUp(width, kMaxPixels); tiles > 0; --tiles) {
    const std::int64_t pixels = DivideUp(width, tiles);
    OutputTileOf<kRelu, kStep>(pixels, pass, input, output);
    input += pixels * kStep;
    output += pixels * kFilters;
    width -= pixels;
  }
}

// --- Gradient by the weights ------------------------------------------------------------------

// Adds to `kValues` rows of the weights' gradient what `rows` rows of `width` pixels give. The
// values are floats, or pairs of bfloat16 from two rows of pixels, one above the other.
template <std::int64_t kStep, std::int64_t kValues, typename T>
void WeightTile(const T* input, std::int64_t input_row, const T* gradient,
                std::int64_t gradient_row, std::int64_t rows, std::int64_t width, float* total) {
  Filters sums[kValues];
#pragma GCC unroll 14
  for (int k = 0; k < kValues; ++k) sums[k] = LoadFloats(total + k * kFilters);
  for (std::int64_t r = 0; r < rows; ++r) {
    const T* x = input + r * input_row;
    const T* g = gradient + r * gradient_row;
#pragma GCC unroll kUnrolledSteps
    for (std::int64_t c = 0; c < width; ++c) {
      MultiplyAddRows<kValues, kGroup<T>>(x, g, sums);
      x += kStep * kGroup<T>;
      g += kFilters * kGroup<T>;
    }
  }
#pragma GCC unroll 14
  for (int k = 0; k < kValues; ++k) StoreFloats(sums[k], total + k * kFilters);
}

}  // namespace
}  // namespace curl_rl::encoders::conv3x3
