// Passes over one image, of the vectors that the file which includes this one chose.
#pragma once

#include "encoders/conv3x3/conv3x3_winograd.h"

namespace curl_rl::encoders::conv3x3 {
namespace {

constexpr std::int64_t kBlock = 3;  // rows of a weight gradient's tile: they fit the L1 cache
constexpr std::int64_t kPad = kSide - 1;

template <typename T>
constexpr std::int64_t kBytes = sizeof(T);

// --- Gradient by the weights ------------------------------------------------------------------

// pairs[2 i], pairs[2 i + 1] = above[i], below[i]. A template for the sake of vectors without
// bfloat16.
template <typename T>
void Interleave(const T* above, const T* below, std::int64_t count, T* pairs) {
  std::int64_t i = 0;
  for (; i + 16 <= count; i += 16) InterleaveSixteen(above + i, below + i, pairs + 2 * i);
  for (; i < count; ++i) {
    pairs[2 * i] = above[i];
    pairs[2 * i + 1] = below[i];
  }
}

// Where Backward keeps what it makes of one image.
template <typename T>
struct Scratch {
  T* padded;  // [out_height + 4, out_width + 4, 32]: the gradient where the output is not 0
  // For the gradient by the weights. Stride 1: both factors, transformed. Else, and only in
  // bfloat16, values in pairs: [ceil(out_height / 2), out_width, 32, 2], rows 2 r and 2 r + 1;
  // [rows under kBlock pairs, width, channels, 2], rows a and a + stride.
  T *gradients, *inputs;
};

template <typename T>
std::int64_t PaddedRow(const Shape& shape) {
  return (shape.out_width + 2 * kPad) * kFilters;
}

// Splits `memory`, or only counts what is needed when it is null. Returns the bytes.
template <typename T>
std::size_t Split(const Shape& shape, std::byte* memory, Scratch<T>* scratch) {
  std::size_t used = 0;
  const auto take = [&](std::int64_t values) {
    T* const part = memory == nullptr ? nullptr : reinterpret_cast<T*>(memory + used);
    used += DivideUp(values * kBytes<T>, 64) * 64;
    return part;
  };
  scratch->padded = take((shape.out_height + 2 * kPad) * PaddedRow<T>(shape));
  if (shape.stride == 1) {
    const auto values = kTransformed * StepsOfBlock<T>(shape.width) * kFilters * kGroup<T>;
    scratch->gradients = take(values);
    scratch->inputs = take(values);
    return used;
  }
  if (kGroup<T> == 1) return used;
  scratch->gradients = take(DivideUp(shape.out_height, 2) * shape.out_width * kFilters * 2);
  const auto rows = 2 * shape.stride * (kBlock - 1) + kSide;
  scratch->inputs = take(rows * shape.width * shape.channels * 2);
  return used;
}

// The gradient where the output is not 0, into the middle of `padded`; its sum over pixels.
template <typename T>
void MaskGradient(const Shape& shape, const T* gradient, const T* output, T* padded,
                  float* bias_gradient) {
  Filters sum = LoadFloats(bias_gradient);
  for (std::int64_t r = 0; r < shape.out_height; ++r) {
    T* to = padded + (r + kPad) * PaddedRow<T>(shape) + kPad * kFilters;
    for (std::int64_t c = 0; c < shape.out_width; ++c) {
      sum = Add(sum, CopyWherePositive(gradient, output, to));
      gradient += kFilters;
      output += kFilters;
      to += kFilters;
    }
  }
  StoreFloats(sum, bias_gradient);
}

// The rows of the input under rows `first`.. of the gradient, as WeightTile wants them: for float
// as they are, for bfloat16 in pairs. What a row is paired with beyond the last does not matter:
// the gradient beside it is zero.
template <typename T>
const T* WindowRows(const Shape& shape, const T* input, std::int64_t first, std::int64_t count,
                    const Scratch<T>& scratch) {
  const std::int64_t values = shape.width * shape.channels;
  if constexpr (kGroup<T> == 1) {
    return input + first * shape.stride * values;
  } else {
    const std::int64_t apart = 2 * shape.stride;  // rows from one pair's first to the next one's
    for (std::int64_t a = 0; a < apart * (count - 1) + kSide; ++a) {
      if (a % apart >= kSide) continue;  // between the windows
      const std::int64_t above = first * apart + a;
      const std::int64_t below = above + shape.stride < shape.height ? above + shape.stride : above;
      Interleave(input + above * values, input + below * values, values,
                 scratch.inputs + a * values * 2);
    }
    return scratch.inputs;
  }
}

// Fetches what Backward reads of the next image, which follows in memory, in `calls` calls. Behind
// the last one, fetching harms nobody.
template <typename T>
class NextImage {
 public:
  NextImage(const Shape& shape, const T* gradient, const T* input, const T* output,
            std::int64_t calls)
      : parts_{Part(gradient, shape.out_height * shape.out_width * kFilters, calls),
               Part(input, shape.height * shape.width * shape.channels, calls),
               Part(output, shape.out_height * shape.out_width * kFilters, calls)} {}
  void Next() {
    for (Ahead& part : parts_) part.Next();
  }

 private:
  static Ahead Part(const T* image, std::int64_t size, std::int64_t calls) {
    return {image + size, size * kBytes<T>, calls};
  }
  Ahead parts_[3];
};

// The plain sum, for stride 2 and 9 channels.
template <typename T>
void AddPlainGradient(const Shape& shape, const T* gradient, const T* input, const T* output,
                      const Scratch<T>& scratch, float* weight_gradient) {
  constexpr std::int64_t kStep = 2 * 9, kValues = Min(kMaxPixels, 9);
  const auto row = PaddedRow<T>(shape);
  const T* gradients = scratch.padded + kPad * row + kPad * kFilters;
  std::int64_t gradient_row = row;
  const std::int64_t rows = DivideUp(shape.out_height, kGroup<T>);
  if constexpr (kGroup<T> == 2) {
    gradient_row = shape.out_width * kFilters * 2;
    for (std::int64_t r = 0; r < rows; ++r) {  // an odd last row is paired with the padding
      Interleave(gradients + 2 * r * row, gradients + (2 * r + 1) * row, shape.out_width * kFilters,
                 scratch.gradients + r * gradient_row);
    }
    gradients = scratch.gradients;
  }
  const std::int64_t input_row = shape.width * shape.channels * kGroup<T>;
  NextImage<T> next(shape, gradient, input, output,
                    DivideUp(rows, kBlock) * kSide * shape.depth / kValues);
  for (std::int64_t first = 0; first < rows; first += kBlock) {
    const std::int64_t count = Min(kBlock, rows - first);
    const T* windows = WindowRows(shape, input, first, count, scratch);
    for (std::int64_t i = 0; i < kSide; ++i) {
      for (std::int64_t k = 0; k < shape.depth; k += kValues) {
        WeightTile<kStep, kValues>(
            windows + i * input_row + k * kGroup<T>, input_row * shape.stride * kGroup<T>,
            gradients + first * gradient_row, gradient_row, count, shape.out_width,
            weight_gradient + (i * shape.depth + k) * kFilters);
        next.Next();
      }
    }
  }
}

// Winograd's algorithm, for stride 1 and 32 channels.
template <typename T>
void AddWinogradGradient(const Shape& shape, const T* gradient, const T* input, const T* output,
                         const Scratch<T>& scratch, float* weight_gradient) {
  const auto row = PaddedRow<T>(shape);
  const GradientPass<T> pass{shape.height, shape.width, row, scratch.inputs, scratch.gradients};
  NextImage<T> next(shape, gradient, input, output, kTransformed * BlocksOf(shape.height));
  for (std::int64_t first = 0; first < shape.out_height; first += 2 * kTileRows) {
    const std::int64_t steps =
        TransformBlock(pass, first, input, scratch.padded + kPad * row + kPad * kFilters);
    for (std::int64_t k = 0; k < kTransformed; ++k) {
      AddProduct<Min(kMaxPixels, 8)>(pass, k, steps, weight_gradient);
      next.Next();
    }
  }
}

// --- Gradient by the input --------------------------------------------------------------------

// The convolution of the padded gradient with the window turned round.
template <typename T>
void InputGradient(const Shape& shape, const T* padded, const T* flipped_weights,
                   T* input_gradient) {
  constexpr float kNoBias[kFilters] = {};
  const WinogradPass<T> pass{shape.out_height + 2 * kPad, shape.out_width + 2 * kPad,
                             flipped_weights, kNoBias};
  Winograd</*kRelu=*/false>(pass, padded, input_gradient);
}

// --- What kernels.h promises -------------------------------------------------------------------

template <typename T>
void Forward(const Shape& shape, const T* input, const T* weights, const float* bias, T* output) {
  if (shape.stride == 1) {
    Winograd</*kRelu=*/true>(WinogradPass<T>{shape.height, shape.width, weights, bias}, input,
                             output);
    return;
  }
  const std::int64_t row = shape.width * shape.channels;
  const OutputPass<T> pass{row, kSide, DivideUp(shape.depth, kGroup<T>), weights, bias};
  const auto width = shape.out_width;
  for (std::int64_t r = 0; r < shape.out_height; ++r) {
    // The input of the row after the next; behind the last one, of the next image.
    Ahead(input + (2 * shape.stride + 1) * row, shape.stride * row * kBytes<T>, 1).Next();
    OutputRow</*kRelu=*/true, 2 * 9>(pass, input, width, output);
    input += shape.stride * row;
    output += width * kFilters;
  }
}

template <typename T>
std::size_t ScratchBytes(const Shape& shape) {
  Scratch<T> scratch;
  return Split<T>(shape, nullptr, &scratch);
}

template <typename T>
void Backward(const Shape& shape, const T* gradient, const T* input, const T* output,
              const T* flipped_weights, T* input_gradient, float* weight_gradient,
              float* bias_gradient, std::byte* memory) {
  Scratch<T> scratch;
  Split(shape, memory, &scratch);
  MaskGradient(shape, gradient, output, scratch.padded, bias_gradient);
  if (shape.stride == 1) {
    AddWinogradGradient(shape, gradient, input, output, scratch, weight_gradient);
  } else {
    AddPlainGradient(shape, gradient, input, output, scratch, weight_gradient);
  }
  if (input_gradient == nullptr) return;
  InputGradient(shape, scratch.padded, flipped_weights, input_gradient);
}

template <typename T>
constexpr Kernels<T> kKernels = {Forward<T>, ScratchBytes<T>, Backward<T>, Layout::kWinograd};

}  // namespace
}  // namespace curl_rl::encoders::conv3x3
