// The arithmetic of conv3x3.h over single images, on raw memory. This header and the files behind
// it know nothing of LibTorch: those alone are compiled for processors with AVX-512, AVX2 and AMX,
// and an inline function of another library compiled there could end up in the whole program.
#pragma once

#include <cstddef>
#include <cstdint>

namespace curl_rl::encoders::conv3x3 {

constexpr std::int64_t kSide = 3;      // of the window
constexpr std::int64_t kFilters = 32;  // two AVX-512 vectors of float32, four of AVX2's

/// Maps are [height, width, channels], densely; no padding. (No member functions: see above.)
struct Shape {
  std::int64_t height = 0, width = 0, channels = 0;  // of the input
  std::int64_t stride = 1;
  std::int64_t out_height = 0, out_width = 0;  // (height - 3) / stride + 1
  std::int64_t depth = 0;  // 3 channels: the input's values under a row of the window, contiguous
};

/// A bfloat16 as it lies in memory.
using Bfloat16 = std::uint16_t;

/// The side of a window that Winograd's algorithm transformed, squared. Its matrix G has the rows
/// (1, 0, 0), (1/2, 1/2, 1/2), (1/2, -1/2, 1/2), (0, 0, 1).
constexpr std::int64_t kTransformed = 16;

/// How many consecutive values of T one step of the arithmetic multiplies and adds.
template <typename T>
constexpr std::int64_t kGroup = sizeof(float) / sizeof(T);

/// In which order kernels want the weights and give their gradient.
enum class Layout {
  kWinograd,  // for stride 1 transformed by Winograd's algorithm, for stride 2 by row
  kTaps,      // by what one multiplication of tiles covers (AMX)
};

/// The kernels of one instruction set, for 32 channels with stride 1 and for 9 channels with stride
/// 2. All null where compiler or processor family do not know it. The arithmetic is the same in the
/// same order in each of one layout: so are the bits. With kTaps a tap is one of the window's 9
/// pixels of 32 channels, or one of its 3 rows of 3 pixels of 9.
template <typename T>
struct Kernels {
  /// output = relu(conv(input, weights) + bias).
  ///   input    T      [height, width, channels]; for an odd depth in bfloat16, readable one value
  ///                   beyond the window (the weight there is zero)
  ///   weights  T      stride 2: [3, ceil(depth / kGroup), 32, kGroup]
  ///                   stride 1: [16, 32 / kGroup, 32, kGroup], the transformed windows G g G'; for
  ///                   bfloat16 the channels with even numbers come first
  ///   bias     float  [32]
  ///   output   T      [out_height, out_width, 32]
  void (*forward)(const Shape& shape, const T* input, const T* weights, const float* bias,
                  T* output) = nullptr;

  /// Bytes of scratch memory that `backward` needs, a multiple of 64. It must be zero before the
  /// first image; the next image of the same shape may use it as the last one left it.
  std::size_t (*scratch_bytes)(const Shape& shape) = nullptr;

  /// The gradients of `forward` at one image.
  ///   gradient          T      [out_height, out_width, 32], by `output`
  ///   input, output     T      as in `forward`
  ///   flipped_weights   T      as `weights` of stride 1, for the windows turned by 180 degrees,
  ///                            with channels and filters exchanged
  ///   input_gradient    T      [height, width, 32], or null if nobody wants it; stride 1 only
  ///   weight_gradient   float  added to; stride 2: [3, depth, 32]
  ///                            stride 1: [16, 32, 32], w, the gradient by the windows being G' w
  ///                            G; channels and filters, for bfloat16, with even numbers first
  ///                            kTaps: [taps, 2, 32, 16], filters, then half of the channels:
  ///                            0-3, 8-11, 16-19, 24-27, then the others
  ///   bias_gradient     float  [32], added to
  ///   scratch           64-byte aligned
  void (*backward)(const Shape& shape, const T* gradient, const T* input, const T* output,
                   const T* flipped_weights, T* input_gradient, float* weight_gradient,
                   float* bias_gradient, std::byte* scratch) = nullptr;

  Layout layout = Layout::kWinograd;
};

/// For processors with AVX-512 F, BW and VL, for bfloat16 also BF16; with AVX2 and FMA; with
/// AVX-512 BF16 and AMX BF16, in a process that may use tiles: the caller makes sure.
extern const Kernels<float> kAvx512, kAvx2;
extern const Kernels<Bfloat16> kAvx512Bfloat16, kAmx;

}  // namespace curl_rl::encoders::conv3x3
