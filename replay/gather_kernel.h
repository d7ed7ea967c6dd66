// The body of the CUDA kernel that gathers, stacks, crops and converts, as plain functions: the GPU
// runs them a thread at a time (gather_cuda.cu), the tests run the same functions on the CPU.
//
// One block makes `rows_per_block` rows of one crop. Its threads first copy the bytes that these
// rows need from each frame of the stack into the block's own memory, 16 aligned bytes at a time
// wherever a crop begins, and then write the batch, again 16 bytes at a time: frames are read once,
// coalesced, and the interleaving of a stack's frames happens in memory that takes any access.
#pragma once

#include <cstdint>
#include <cstring>

#ifdef __CUDACC__
#define CURL_RL_HOST_DEVICE __host__ __device__
#define CURL_RL_UNROLL _Pragma("unroll")
#else
#define CURL_RL_HOST_DEVICE
#define CURL_RL_UNROLL
#endif

namespace curl_rl::replay {

/// 16 bytes, both places aligned so: one instruction on the GPU.
CURL_RL_HOST_DEVICE inline void Move16(const void* from, void* to) {
#ifdef __CUDA_ARCH__
  *static_cast<uint4*>(to) = *static_cast<const uint4*>(from);
#else
  std::memcpy(to, from, 16);
#endif
}

/// What is to be done. Pointers are the device's.
struct GatherProblem {
  const std::uint8_t* frames;   // [slots, height, width, channels]
  std::int64_t frame_bytes;     // of all of them: nothing is read beyond
  const std::int64_t* slots;    // [batch, depth], oldest frame first
  const std::int64_t* offsets;  // [batch, 2] row and column of the window, in the frame or not
  void* out;                    // [batch, crop, crop, pitch], 16-byte aligned
  int batch, depth, height, width, channels, crop;
  int pitch;  // elements of a pixel in `out`: depth * channels, then zeros
  int rows_per_block;

  CURL_RL_HOST_DEVICE int RowBytes() const { return crop * channels; }  // of one frame
  // Room for a row and for the bytes before and after it that aligned reading brings along.
  CURL_RL_HOST_DEVICE int StagedRowBytes() const { return (RowBytes() + 15 + 15) / 16 * 16; }
  CURL_RL_HOST_DEVICE int BlocksPerCrop() const {
    return (crop + rows_per_block - 1) / rows_per_block;
  }
  CURL_RL_HOST_DEVICE std::int64_t Blocks() const {
    return static_cast<std::int64_t>(batch) * BlocksPerCrop();
  }
  /// Bytes of memory of its own that a block needs: the staged rows, then the skew of each.
  CURL_RL_HOST_DEVICE int StagedBytes() const {
    return rows_per_block * depth * (StagedRowBytes() + 1);
  }

  // Column of the frame where window `b` begins, and where what is staged of it does: the columns
  // that lie in the frame.
  CURL_RL_HOST_DEVICE int Left(int b) const {
    return static_cast<int>(offsets[2 * static_cast<std::int64_t>(b) + 1]);
  }
  CURL_RL_HOST_DEVICE int StagedLeft(int b) const { return Clamp(Left(b), width); }
  CURL_RL_HOST_DEVICE int StagedColumns(int b) const {
    return Clamp(Left(b) + crop - 1, width) - StagedLeft(b) + 1;
  }
  CURL_RL_HOST_DEVICE static int Clamp(int place, int size) {
    return place < 0 ? 0 : place >= size ? size - 1 : place;
  }

  // First byte of what is staged of row `row` of the window, in frame `k` of stack `b`, counted
  // from `frames`.
  CURL_RL_HOST_DEVICE std::int64_t SourceByte(int b, int k, int row) const {
    const std::int64_t slot = slots[static_cast<std::int64_t>(b) * depth + k];
    const int top = static_cast<int>(offsets[2 * static_cast<std::int64_t>(b)]);
    return ((slot * height + Clamp(top + row, height)) * width + StagedLeft(b)) * channels;
  }
};

/// How many rows a block takes: all blocks about alike, as many as 16 kB of its memory hold (a
/// quarter of what a block may have without asking, so that several share a multiprocessor).
inline int RowsPerBlock(const GatherProblem& p) {
  const int row = p.depth * (p.StagedRowBytes() + 1);
  const int most = row > 16384 ? 1 : 16384 / row;
  const int blocks = (p.crop + most - 1) / most;
  return (p.crop + blocks - 1) / blocks;
}

/// The rows of one block.
struct GatherBlock {
  int b, first_row, rows;

  CURL_RL_HOST_DEVICE GatherBlock(const GatherProblem& p, std::int64_t block) {
    b = static_cast<int>(block / p.BlocksPerCrop());
    first_row = static_cast<int>(block % p.BlocksPerCrop()) * p.rows_per_block;
    rows = p.crop - first_row < p.rows_per_block ? p.crop - first_row : p.rows_per_block;
  }
};

/// Step 1 of thread `thread` of `threads`: bytes of the frames into `staged`, 16-byte aligned.
CURL_RL_HOST_DEVICE inline void StageFrames(const GatherProblem& p, std::int64_t block, int thread,
                                            int threads, std::uint8_t* staged) {
  const GatherBlock own(p, block);
  const int chunks = p.StagedRowBytes() / 16;
  for (int i = thread; i < own.rows * p.depth * chunks; i += threads) {
    const int row = i / (p.depth * chunks);
    const int k = i / chunks % p.depth;
    const int chunk = i % chunks;
    const std::int64_t first = p.SourceByte(own.b, k, own.first_row + row);
    const std::int64_t from = first / 16 * 16 + 16 * chunk;
    // A row that begins aligned needs one chunk less, one that lies partly outside even fewer.
    if (from >= first + p.StagedColumns(own.b) * p.channels) continue;
    std::uint8_t* to = staged + (row * p.depth + k) * p.StagedRowBytes() + 16 * chunk;
    if (chunk == 0) {
      staged[p.rows_per_block * p.depth * p.StagedRowBytes() + row * p.depth + k] =
          static_cast<std::uint8_t>(first % 16);
    }
    if (from + 16 <= p.frame_bytes) {
      Move16(p.frames + from, to);
    } else {
      for (int j = 0; from + j < p.frame_bytes; ++j) to[j] = p.frames[from + j];
    }
  }
}

// Where an element of a block's rows comes from: counted up, since divisions are what takes time.
struct StackedPixel {
  int row, column, k, channel;
  int zeros;  // elements left of the pixel that hold nothing; 0: this one holds something

  CURL_RL_HOST_DEVICE StackedPixel(const GatherProblem& p, int element) {
    const int within = element % p.pitch;
    zeros = within < p.depth * p.channels ? 0 : p.pitch - within;
    channel = zeros > 0 ? 0 : within % p.channels;
    k = zeros > 0 ? 0 : within / p.channels;
    column = element / p.pitch % p.crop;
    row = element / (p.pitch * p.crop);
  }
  CURL_RL_HOST_DEVICE void Next(const GatherProblem& p) {
    if (zeros > 0) {
      if (--zeros > 0) return;
    } else {
      if (++channel < p.channels) return;
      channel = 0;
      if (++k < p.depth) return;
      k = 0;
      zeros = p.pitch - p.depth * p.channels;
      if (zeros > 0) return;
    }
    if (++column < p.crop) return;
    column = 0;
    ++row;
  }
};

/// pixel / 255, as the plain twin rounds it.
CURL_RL_HOST_DEVICE inline void ConvertPixel(std::uint8_t pixel, float* out) {
  *out = static_cast<float>(pixel) / 255.0f;
}

/// The same as the bits of a bfloat16, rounded to nearest even.
CURL_RL_HOST_DEVICE inline void ConvertPixel(std::uint8_t pixel, std::uint16_t* out) {
  const float value = static_cast<float>(pixel) / 255.0f;
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  *out = static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

// Step 2 of the usual stack, padded to kPitch elements a pixel, which are whole vectors: a pixel at
// a time and all its places known to the compiler, where the general way counts them up one by one.
template <typename Scalar, int kDepth, int kChannels, int kPitch>
CURL_RL_HOST_DEVICE void WritePaddedPixels(const GatherProblem& p, std::int64_t block, int thread,
                                           int threads, const std::uint8_t* staged) {
  constexpr int kVector = 16 / static_cast<int>(sizeof(Scalar));
  static_assert(kPitch % kVector == 0 && kDepth * kChannels <= kPitch, "a pixel is whole vectors");
  const GatherBlock own(p, block);
  const int pitch = p.StagedRowBytes();
  const std::uint8_t* skews = staged + p.rows_per_block * kDepth * pitch;
  const int left = p.Left(own.b), staged_left = p.StagedLeft(own.b);
  auto* out = static_cast<Scalar*>(p.out) +
              (static_cast<std::int64_t>(own.b) * p.crop + own.first_row) * p.crop * kPitch;
  for (int pixel = thread; pixel < own.rows * p.crop; pixel += threads) {
    const int row = pixel / p.crop;
    const int column = GatherProblem::Clamp(left + pixel - row * p.crop, p.width) - staged_left;
    alignas(16) Scalar values[kPitch] = {};
    CURL_RL_UNROLL
    for (int k = 0; k < kDepth; ++k) {
      const int staged_row = row * kDepth + k;
      const std::uint8_t* from =
          staged + staged_row * pitch + skews[staged_row] + column * kChannels;
      CURL_RL_UNROLL
      for (int c = 0; c < kChannels; ++c) ConvertPixel(from[c], &values[k * kChannels + c]);
    }
    CURL_RL_UNROLL
    for (int v = 0; v < kPitch; v += kVector) {
      Move16(values + v, out + static_cast<std::int64_t>(pixel) * kPitch + v);
    }
  }
}

/// Step 2, after all threads have done step 1. `Scalar`: float, or std::uint16_t for bfloat16.
template <typename Scalar>
CURL_RL_HOST_DEVICE void WriteBatch(const GatherProblem& p, std::int64_t block, int thread,
                                    int threads, const std::uint8_t* staged) {
  if (p.depth == 3 && p.channels == 3 && p.pitch == 16) {
    return WritePaddedPixels<Scalar, 3, 3, 16>(p, block, thread, threads, staged);
  }
  constexpr int kVector = 16 / static_cast<int>(sizeof(Scalar));
  const GatherBlock own(p, block);
  const int row_size = p.crop * p.pitch;
  const int count = own.rows * row_size;
  const std::uint8_t* skews = staged + p.rows_per_block * p.depth * p.StagedRowBytes();
  const int left = p.Left(own.b), staged_left = p.StagedLeft(own.b);
  const std::int64_t begin = (static_cast<std::int64_t>(own.b) * p.crop + own.first_row) * row_size;
  auto* out = static_cast<Scalar*>(p.out) + begin;
  // `out` may lie between two multiples of 16 bytes: the first vector is then shorter, as is the
  // last.
  const int early = static_cast<int>(begin % kVector);
  for (int i = thread; i * kVector - early < count; i += threads) {
    alignas(16) Scalar values[kVector];
    const int first = i * kVector - early;
    const bool whole = first >= 0 && first + kVector <= count;
    StackedPixel at(p, first < 0 ? 0 : first);
    CURL_RL_UNROLL
    for (int j = 0; j < kVector; ++j) {
      if (first + j < 0 || first + j >= count) continue;
      if (at.zeros > 0) {
        values[j] = Scalar{0};
      } else {
        const int staged_row = at.row * p.depth + at.k;
        // Outside the frame it is the edge's column.
        const int column = GatherProblem::Clamp(left + at.column, p.width) - staged_left;
        ConvertPixel(staged[staged_row * p.StagedRowBytes() + skews[staged_row] +
                            column * p.channels + at.channel],
                     &values[j]);
      }
      if (!whole) out[first + j] = values[j];
      at.Next(p);
    }
    if (whole) Move16(values, out + first);
  }
}

}  // namespace curl_rl::replay
