// The bodies of the CUDA kernels for a layer of 32 filters of 3x3 in bfloat16, on tensor cores:
// relu(conv(maps)) and its gradients. Templates over what they run on: a GPU (conv3x3_cuda.cu), or
// threads that the tests play on the CPU.
//
// What they save over cuDNN's: a map is read once into shared memory and its nine shifts are taken
// there; parameters come as they are, in float32, and are cast on the way; ReLU's mask is applied
// as a gradient is read; the bias's gradient is summed beside the weight's. Every sum has one
// order, so results repeat bit for bit.
//
// A block takes strips (some rows of the output of one image) in turn. The product of a strip is
// [pixels, taps * inputs] x [taps * inputs, 32], 16 pixels by 16 inputs a step (mma.m16n8k16).
// Pixels are an odd number of 16-byte units apart in shared memory, so that eight rows read
// together lie in different banks.
#pragma once

#include <cstdint>

#include "encoders/conv3x3/conv3x3_gpu_layout.h"

namespace curl_rl::encoders::gpu {

/// relu(conv(maps) + bias). Shared memory: weights, then maps.
template <int kInputs>
struct ForwardShared {
  static constexpr int kRowPitch = kTaps * kInputs * 2 + 16;
  static constexpr int kWeights = kFilters * kRowPitch;
};

/// The products of one step for kTilesAtOnce tiles: rows from `maps`, four blocks of columns.
template <typename Block>
CURL_RL_DEVICE void MultiplyTiles(Block& block, const char* const (&rows)[kTilesAtOnce], int offset,
                                  const std::uint32_t (&columns)[2][4],
                                  float (&sums)[kTilesAtOnce][4][4]) {
  CURL_RL_UNROLL
  for (int t = 0; t < kTilesAtOnce; ++t) {
    std::uint32_t a[4];
    block.LoadMatrices(rows[t] + offset, a);
    CURL_RL_UNROLL
    for (int n = 0; n < 4; ++n) {
      block.Multiply(a, columns[n / 2][n % 2 * 2], columns[n / 2][n % 2 * 2 + 1], sums[t][n]);
    }
  }
}

/// Eight numbers of a lane as 16 bytes of bfloat16.
CURL_RL_DEVICE void Pack(const float (&sums)[4][4], int half, bool relu,
                         std::uint32_t (&words)[4]) {
  CURL_RL_UNROLL
  for (int n = 0; n < 4; ++n) {
    float low = sums[n][2 * half];
    float high = sums[n][2 * half + 1];
    if (relu) {  // NaN stays
      low = low < 0.0f ? 0.0f : low;
      high = high < 0.0f ? 0.0f : high;
    }
    words[n] = ToBFloat16(low) | static_cast<std::uint32_t>(ToBFloat16(high)) << 16;
  }
}

/// The results of a lane's tiles, from pixel `first` of `pixels`, to `to` [pixels, 32].
template <typename Block>
CURL_RL_DEVICE void StoreTiles(Block& block, const float (&sums)[kTilesAtOnce][4][4], int first,
                               int pixels, bool relu, char* to) {
  const int lane = block.thread() % 32;
  CURL_RL_UNROLL
  for (int t = 0; t < kTilesAtOnce; ++t) {
    CURL_RL_UNROLL
    for (int half = 0; half < 2; ++half) {
      const int pixel = first + t * kTile + half * 8 + lane / 4;
      std::uint32_t words[4];
      Pack(sums[t], half, relu, words);
      if (pixel < pixels) block.Store16(to + pixel * kPixelBytes + lane % 4 * 16, words);
    }
  }
}

template <int kInputs, int kStride, typename Block>
CURL_RL_DEVICE void Forward(Block& block, const ConvProblem& p, char* shared) {
  using Shared = MapsInShared<kInputs, kStride>;
  constexpr int kRowPitch = ForwardShared<kInputs>::kRowPitch;
  char* const maps = shared + ForwardShared<kInputs>::kWeights;
  const int lane = block.thread() % 32;
  const int warp = block.thread() / 32;

  for (int i = block.thread(); i < kFilters * kInputs * kTaps; i += block.threads()) {
    const int filter = i / (kInputs * kTaps);
    const int rest = i - filter * (kInputs * kTaps);
    const int input = rest / kTaps;
    const int tap = rest - input * kTaps;
    const float value =
        input < p.channels ? p.weight[(filter * p.channels + input) * kTaps + tap] : 0.0f;
    block.Store2(shared + ColumnOf(filter) * kRowPitch + (tap * kInputs + input) * 2,
                 ToBFloat16(value));
  }
  const float* const bias = p.bias + lane % 4 * 8;
  // Which of the weights' rows and halves of a step this lane points to.
  const char* const weights = shared + (lane / 16 * 8 + lane % 8) * kRowPitch + lane / 8 % 2 * 16;

  const int strips = Strips(p.images, p.out_height, p.rows);
  for (int index = block.index(); index < strips; index += p.blocks) {
    const Strip strip = StripOf(index, p.out_height, p.rows);
    block.Sync();  // nobody reads the last strip any more
    CopyMaps<kInputs, kStride>(block, p, strip, maps);
    block.WaitForCopies();
    block.Sync();
    const int pixels = strip.rows * p.out_width;
    const int groups = (pixels + kTile * kTilesAtOnce - 1) / (kTile * kTilesAtOnce);
    for (int group = warp; group < groups; group += block.threads() / 32) {
      const int first = group * kTile * kTilesAtOnce;
      const char* rows[kTilesAtOnce];
      float sums[kTilesAtOnce][4][4];
      CURL_RL_UNROLL
      for (int t = 0; t < kTilesAtOnce; ++t) {
        int pixel = first + t * kTile + lane % 16;
        pixel = pixel < pixels ? pixel : pixels - 1;
        const int y = pixel / p.out_width;
        rows[t] = maps + Shared::Base(y, pixel - y * p.out_width, p.width) + lane / 16 * 16;
        CURL_RL_UNROLL
        for (int n = 0; n < 4; ++n) {
          CURL_RL_UNROLL
          for (int i = 0; i < 4; ++i) sums[t][n][i] = bias[n * 2 + i % 2];
        }
      }
      CURL_RL_UNROLL
      for (int tap = 0; tap < kTaps; ++tap) {
        const int offset = Shared::Tap(tap / 3, tap % 3, p.width);
        CURL_RL_UNROLL
        for (int k = 0; k < kInputs / 16; ++k) {
          std::uint32_t columns[2][4];
          const char* const at = weights + (tap * kInputs + k * 16) * 2;
          block.LoadMatrices(at, columns[0]);
          block.LoadMatrices(at + 16 * kRowPitch, columns[1]);
          MultiplyTiles(block, rows, offset + k * 32, columns, sums);
        }
      }
      auto* const output = static_cast<char*>(p.output) +
                           static_cast<std::int64_t>(strip.image * p.out_height + strip.row) *
                               p.out_width * kPixelBytes;
      StoreTiles(block, sums, first, pixels, /*relu=*/true, output);
    }
  }
}

/// The gradient by the maps, of stride 1: a convolution of the masked gradient, two pixels of zeros
/// around it, with the weights turned round. Shared memory: weights, then the gradient.
struct ByMapsShared {
  static constexpr int kWeights = kTaps * kFilters * kPixelPitch;
  static constexpr int Gradient(int rows, int width) {
    return (rows + 2) * (width + 2) * kPixelPitch;
  }
};

template <typename Block>
CURL_RL_DEVICE void ByMaps(Block& block, const ConvProblem& p, char* shared) {
  char* const gradient = shared + ByMapsShared::kWeights;
  const int lane = block.thread() % 32;
  const int warp = block.thread() / 32;

  // Rows are taps and filters, columns are inputs.
  for (int i = block.thread(); i < kFilters * kFilters * kTaps; i += block.threads()) {
    const int filter = i / (kFilters * kTaps);
    const int rest = i - filter * (kFilters * kTaps);
    const int input = rest / kTaps;
    const int tap = rest - input * kTaps;
    block.Store2(shared + (tap * kFilters + filter) * kPixelPitch + ColumnOf(input) * 2,
                 ToBFloat16(p.weight[i]));
  }
  const char* const weights = shared + (lane / 8 % 2 * 8 + lane % 8) * kPixelPitch + lane / 16 * 16;

  const int columns_around = p.width + 2;  // = out_width + 4
  const int strips = Strips(p.images, p.height, p.rows);
  for (int index = block.index(); index < strips; index += p.blocks) {
    const Strip strip = StripOf(index, p.height, p.rows);
    block.Sync();
    const int count = (strip.rows + 2) * columns_around * 4;
    for (int i = block.thread(); i < count; i += block.threads()) {
      const int pixel = i / 4;
      const int row = pixel / columns_around;
      const int y = strip.row + row - 2;
      const int x = pixel - row * columns_around - 2;
      std::uint32_t words[4] = {0, 0, 0, 0};
      if (y >= 0 && y < p.out_height && x >= 0 && x < p.out_width) {
        const auto at =
            (static_cast<std::int64_t>(strip.image * p.out_height + y) * p.out_width + x) *
                kPixelBytes +
            i % 4 * 16;
        ReadMasked(block, p, at, words);
      }
      block.Store16(gradient + pixel * kPixelPitch + i % 4 * 16, words);
    }
    block.Sync();
    const int pixels = strip.rows * p.width;
    const int groups = (pixels + kTile * kTilesAtOnce - 1) / (kTile * kTilesAtOnce);
    for (int group = warp; group < groups; group += block.threads() / 32) {
      const int first = group * kTile * kTilesAtOnce;
      const char* rows[kTilesAtOnce];
      float sums[kTilesAtOnce][4][4];
      CURL_RL_UNROLL
      for (int t = 0; t < kTilesAtOnce; ++t) {
        int pixel = first + t * kTile + lane % 16;
        pixel = pixel < pixels ? pixel : pixels - 1;
        const int y = pixel / p.width;
        rows[t] =
            gradient + (y * columns_around + pixel - y * p.width) * kPixelPitch + lane / 16 * 16;
        CURL_RL_UNROLL
        for (int n = 0; n < 4; ++n) {
          CURL_RL_UNROLL
          for (int i = 0; i < 4; ++i) sums[t][n][i] = 0.0f;
        }
      }
      CURL_RL_UNROLL
      for (int tap = 0; tap < kTaps; ++tap) {
        const int offset = ((2 - tap / 3) * columns_around + 2 - tap % 3) * kPixelPitch;
        CURL_RL_UNROLL
        for (int k = 0; k < 2; ++k) {
          std::uint32_t columns[2][4];
          const char* const at = weights + (tap * kFilters + k * 16) * kPixelPitch;
          block.LoadTransposed(at, columns[0]);
          block.LoadTransposed(at + 32, columns[1]);
          MultiplyTiles(block, rows, offset + k * 32, columns, sums);
        }
      }
      auto* const by_maps =
          static_cast<char*>(p.by_maps) +
          static_cast<std::int64_t>(strip.image * p.height + strip.row) * p.width * kPixelBytes;
      StoreTiles(block, sums, first, pixels, /*relu=*/false, by_maps);
    }
  }
}

/// A block's sums of the gradients by weight and bias over its strips: each of nine warps has a
/// tap, [32 filters, pixels] x [pixels, inputs]. Shared memory: maps, gradient, where the pixels'
/// maps lie.
template <int kInputs, int kStride>
struct ByWeightShared {
  CURL_RL_DEVICE static int Padded(int rows, int out_width) {
    return (rows * out_width + kTile - 1) / kTile * kTile;
  }
  static constexpr int Maps(int rows, int width) {
    return MapsInShared<kInputs, kStride>::Bytes(rows, width);
  }
  static constexpr int Bytes(int rows, int width, int out_width) {
    return Maps(rows, width) + (rows * out_width + kTile - 1) / kTile * kTile *
                                   (kPixelPitch + static_cast<int>(sizeof(int)));
  }
  static constexpr int kPartial = kTaps * kFilters * kInputs + kFilters;  // floats a block
};

template <int kInputs, int kStride, typename Block>
CURL_RL_DEVICE void ByWeight(Block& block, const ConvProblem& p, char* shared) {
  using Shared = MapsInShared<kInputs, kStride>;
  using Whole = ByWeightShared<kInputs, kStride>;
  constexpr int kColumns = kInputs / 8;
  const int padded = Whole::Padded(p.rows, p.out_width);
  char* const maps = shared;
  char* const gradient = shared + Shared::Rows(p.rows) * Shared::Columns(p.width) * Shared::kPitch;
  int* const offsets = reinterpret_cast<int*>(gradient + padded * kPixelPitch);
  const int lane = block.thread() % 32;
  const int warp = block.thread() / 32;

  for (int pixel = block.thread(); pixel < padded; pixel += block.threads()) {
    const int y = pixel / p.out_width;
    // Behind the last pixel the gradient is zero: whatever is there in memory must be a number.
    offsets[pixel] =
        pixel < p.rows * p.out_width ? Shared::Base(y, pixel - y * p.out_width, p.width) : 0;
  }
  float bias[8] = {};
  float sums[2][kColumns][4] = {};
  const int strips = Strips(p.images, p.out_height, p.rows);
  for (int index = block.index(); index < strips; index += p.blocks) {
    const Strip strip = StripOf(index, p.out_height, p.rows);
    const int pixels = strip.rows * p.out_width;
    const int steps = (pixels + kTile - 1) / kTile;
    block.Sync();
    CopyMaps<kInputs, kStride>(block, p, strip, maps);
    const auto from = static_cast<std::int64_t>(strip.image * p.out_height + strip.row) *
                      p.out_width * kPixelBytes;
    for (int i = block.thread(); i < steps * kTile * 4; i += block.threads()) {
      std::uint32_t words[4] = {0, 0, 0, 0};
      if (i < pixels * 4) ReadMasked(block, p, from + i * 16, words);
      CURL_RL_UNROLL
      for (int k = 0; k < 4; ++k) {
        bias[2 * k] += FromBFloat16(words[k] & 0xffffu);
        bias[2 * k + 1] += FromBFloat16(words[k] >> 16);
      }
      block.Store16(gradient + i / 4 * kPixelPitch + i % 4 * 16, words);
    }
    block.WaitForCopies();
    block.Sync();
    if (warp < kTaps) {
      const char* const inputs = maps + Shared::Tap(warp / 3, warp % 3, p.width) + lane / 16 * 16;
      const char* const filters =
          gradient + (lane / 16 * 8 + lane % 8) * kPixelPitch + lane / 8 % 2 * 16;
      const int* const places = offsets + lane % 16;
      // The last step's padding reads maps of pixels that this strip may lack: of an earlier strip
      // they are numbers, of none they are kept out here.
      for (int step = 0; step < steps; ++step) {
        const bool there = step * kTile + lane % 16 < pixels;
        const char* const row = inputs + (there ? places[step * kTile] : 0);
        std::uint32_t a[2][4];
        block.LoadTransposed(filters + step * kTile * kPixelPitch, a[0]);
        block.LoadTransposed(filters + step * kTile * kPixelPitch + 32, a[1]);
        CURL_RL_UNROLL
        for (int n = 0; n < kColumns / 2; ++n) {
          std::uint32_t b[4];
          block.LoadTransposed(row + n * 32, b);
          CURL_RL_UNROLL
          for (int m = 0; m < 2; ++m) {
            block.Multiply(a[m], b[0], b[1], sums[m][2 * n]);
            block.Multiply(a[m], b[2], b[3], sums[m][2 * n + 1]);
          }
        }
      }
    }
  }
  float* const partial = p.partial + static_cast<std::int64_t>(block.index()) * Whole::kPartial;
  if (warp < kTaps) {
    CURL_RL_UNROLL
    for (int m = 0; m < 2; ++m) {
      CURL_RL_UNROLL
      for (int n = 0; n < kColumns; ++n) {
        CURL_RL_UNROLL
        for (int i = 0; i < 4; ++i) {
          const int filter = m * 16 + i / 2 * 8 + lane / 4;
          const int input = n * 8 + lane % 4 * 2 + i % 2;
          partial[(warp * kFilters + filter) * kInputs + input] = sums[m][n][i];
        }
      }
    }
  }
  // A thread has seen eight channels only: threads are a multiple of four.
  block.Sync();
  auto* const staged = reinterpret_cast<float*>(shared);
  CURL_RL_UNROLL
  for (int i = 0; i < 8; ++i) staged[block.thread() * 8 + i] = bias[i];
  block.Sync();
  if (block.thread() < kFilters) {
    float sum = 0.0f;
    for (int t = block.thread() / 8; t < block.threads(); t += 4) {
      sum += staged[t * 8 + block.thread() % 8];
    }
    partial[kTaps * kFilters * kInputs + block.thread()] = sum;
  }
}

constexpr int kSumColumns = 32;  // numbers that a block of the last kernel makes
constexpr int kSumThreads = 256;

/// The sum over blocks, in the parameters' order. Block `index` of it makes kSumColumns numbers.
template <int kInputs, typename Block>
CURL_RL_DEVICE void SumOfBlocks(Block& block, const ConvProblem& p, char* shared) {
  constexpr int kPartial = kTaps * kFilters * kInputs + kFilters;
  constexpr int kParts = kSumThreads / kSumColumns;
  const int column = block.thread() % kSumColumns;
  const int part = block.thread() / kSumColumns;
  const int number = block.index() * kSumColumns + column;
  float sum = 0.0f;
  for (int i = part; i < p.blocks; i += kParts) {
    sum += p.partial[static_cast<std::int64_t>(i) * kPartial + number];
  }
  auto* const staged = reinterpret_cast<float*>(shared);
  staged[block.thread()] = sum;
  block.Sync();
  if (part != 0) return;
  for (int i = 1; i < kParts; ++i) sum += staged[i * kSumColumns + column];
  if (number >= kTaps * kFilters * kInputs) {
    p.by_bias[number - kTaps * kFilters * kInputs] = sum;
    return;
  }
  const int tap = number / (kFilters * kInputs);
  const int filter = number / kInputs % kFilters;
  const int input = number % kInputs;
  if (input < p.channels) p.by_weight[(filter * p.channels + input) * kTaps + tap] = sum;
}

}  // namespace curl_rl::encoders::gpu
