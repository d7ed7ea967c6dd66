// What the bodies of conv3x3_gpu_kernels.h have in common: a layer's numbers, how they lie in
// shared memory, bfloat16, and the cutting of work into strips.
#pragma once

#include <cstdint>
#include <cstring>

#ifdef __CUDACC__
#define CURL_RL_DEVICE __device__ __forceinline__
#define CURL_RL_BOTH __host__ __device__ __forceinline__
#define CURL_RL_UNROLL _Pragma("unroll")
#else
#define CURL_RL_DEVICE inline
#define CURL_RL_BOTH inline
#define CURL_RL_UNROLL
#endif

namespace curl_rl::encoders::gpu {

constexpr int kFilters = 32;
constexpr int kTaps = 9;
constexpr int kTile = 16;            // pixels of one product
constexpr int kTilesAtOnce = 3;      // of a warp, for one reading of the weights
constexpr int kPixelBytes = 64;      // 32 channels of bfloat16 in memory
constexpr int kPixelPitch = 80;      // the same in shared memory
constexpr int kWeightWarps = kTaps;  // of the weight's gradient: a tap each

/// One layer of `images`. Maps are channels last; `inputs` of them (16 or 32) are side by side in
/// memory for each pixel, of which the weight knows the first `channels`. Without padding.
struct ConvProblem {
  const void* maps;      // bfloat16 [images, height, width, inputs], 16-byte aligned
  const float* weight;   // [32, channels, 3, 3]
  const float* bias;     // [32]
  void* output;          // bfloat16 [images, out_height, out_width, 32]
  const void* gradient;  // bfloat16, by the output, like it
  void* by_maps;         // bfloat16 [images, height, width, 32], of stride 1
  float* partial;        // [blocks, 9 * 32 * inputs + 32]: by weight (tap, filter, input), by bias
  float* by_weight;      // [32, channels, 3, 3]
  float* by_bias;        // [32]
  int images, height, width, out_height, out_width;
  int channels;
  int rows;    // of a strip
  int blocks;  // of the grid
};

/// How `inputs` (16 of stride 2, or 32 of stride 1) lie in shared memory. With stride 2 the columns
/// of a row stand apart by parity: pixels that are read together are then neighbours.
template <int kInputs, int kStride>
struct MapsInShared {
  static constexpr int kPitch = kInputs * 2 + 16;
  static constexpr int kChunks = kInputs / 8;  // 16 bytes each

  CURL_RL_DEVICE static int Columns(int width) {
    return kStride == 1 ? width : 2 * ((width + 1) / 2);
  }
  CURL_RL_DEVICE static int Column(int x, int width) {
    return kStride == 1 ? x : (x & 1) * ((width + 1) / 2) + (x >> 1);
  }
  /// Byte offset of what tap 0 reads for the pixel at (y, x) of a strip's output.
  CURL_RL_DEVICE static int Base(int y, int x, int width) {
    return (kStride * y * Columns(width) + x) * kPitch;
  }
  /// What is to be added to it for another tap.
  CURL_RL_DEVICE static int Tap(int ky, int kx, int width) {
    return (ky * Columns(width) + Column(kx, width)) * kPitch;
  }
  CURL_RL_DEVICE static int Rows(int rows) { return kStride * (rows - 1) + 3; }
  static constexpr int Bytes(int rows, int width) {
    return (kStride * (rows - 1) + 3) * (kStride == 1 ? width : 2 * ((width + 1) / 2)) * kPitch;
  }
};

CURL_RL_DEVICE std::uint16_t ToBFloat16(float value) {  // to the nearest, ties to even
  std::uint32_t bits;
  memcpy(&bits, &value, sizeof(bits));
  if ((bits & 0x7fffffffu) > 0x7f800000u) return 0x7fc0;
  return static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}
CURL_RL_DEVICE float FromBFloat16(std::uint32_t bits) {
  bits <<= 16;
  float value;
  memcpy(&value, &bits, sizeof(value));
  return value;
}

/// Where filter or channel `c` of 32 stands among the columns of a product: so that the eight
/// columns that one lane holds are eight channels in a row, 16 bytes to write at once.
CURL_RL_DEVICE int ColumnOf(int c) { return (c & 6) * 4 + (c >> 3) * 2 + (c & 1); }

/// A strip: which image, from which row of the output, how many rows.
struct Strip {
  int image, row, rows;
};
CURL_RL_DEVICE Strip StripOf(int index, int height, int rows) {
  const int strips = (height + rows - 1) / rows;
  Strip strip;
  strip.image = index / strips;
  strip.row = (index - strip.image * strips) * rows;
  strip.rows = height - strip.row < rows ? height - strip.row : rows;
  return strip;
}
CURL_RL_BOTH int Strips(int images, int height, int rows) {
  return images * ((height + rows - 1) / rows);
}

/// The rows of maps that a strip of the output looks at, into `shared`; complete after
/// block.WaitForCopies() and block.Sync().
template <int kInputs, int kStride, typename Block>
CURL_RL_DEVICE void CopyMaps(Block& block, const ConvProblem& p, const Strip& strip, char* shared) {
  using Shared = MapsInShared<kInputs, kStride>;
  const auto* from = static_cast<const char*>(p.maps) +
                     static_cast<std::int64_t>(strip.image * p.height + strip.row * kStride) *
                         p.width * (kInputs * 2);
  const int count = Shared::Rows(strip.rows) * p.width * Shared::kChunks;
  const int columns = Shared::Columns(p.width);
  for (int i = block.thread(); i < count; i += block.threads()) {
    const int pixel = i / Shared::kChunks;
    int to = pixel;
    if (kStride != 1) {
      const int row = pixel / p.width;
      to = row * columns + Shared::Column(pixel - row * p.width, p.width);
    }
    block.CopyAsync(shared + to * Shared::kPitch + (i % Shared::kChunks) * 16, from + i * 16);
  }
}

/// 16 bytes of a gradient where ReLU let something through, else zeros (NaN lets it pass).
template <typename Block>
CURL_RL_DEVICE void ReadMasked(Block& block, const ConvProblem& p, std::int64_t at,
                               std::uint32_t (&words)[4]) {
  std::uint32_t output[4];
  block.Load16(static_cast<const char*>(p.gradient) + at, words);
  block.Load16(static_cast<const char*>(p.output) + at, output);
  CURL_RL_UNROLL
  for (int i = 0; i < 4; ++i) {
    if (FromBFloat16(output[i] & 0xffffu) <= 0.0f) words[i] &= 0xffff0000u;
    if (FromBFloat16(output[i] >> 16) <= 0.0f) words[i] &= 0x0000ffffu;
  }
}

}  // namespace curl_rl::encoders::gpu
