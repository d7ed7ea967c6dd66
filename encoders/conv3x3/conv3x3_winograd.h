// Winograd's algorithm F(2x2, 3x3): 16 multiplications for four outputs of a
// window of 3x3, where the plain sum takes 36 (Lavin and Gray, "Fast algorithms for convolutional
// neural networks", CVPR 2016, section 4.1).
//
// For a tile of 2x2 outputs, with d the 4x4 inputs below it and g the window,
//
//   output = A' [ (G g G') * (B' d B) ] A      (* elementwise, then summed over channels)
//
// with G from conv3x3_kernels.h and
//
//        | 1  0 -1  0 |        | 1  1  1  0 |
//   B' = | 0  1  1  0 |   A' = | 0  1 -1  1 |
//        | 0 -1  1  0 |
//        | 0 -1  0  1 |
//
// and, with e the gradient by those outputs,
//
//   gradient by g = G' [ (A e A') * (B' d B) ] G      (* elementwise, then summed over tiles)
//
// Transforms are additions in float32. The 16 products of matrices are those of conv3x3_tiles.h:
// tiles x channels times channels x filters, and channels x tiles times tiles x filters. What is
// not a number stays within the outputs whose windows hold it.
#pragma once

#include "encoders/conv3x3/conv3x3_tiles.h"

namespace curl_rl::encoders::conv3x3 {
namespace {

// The convolution of `input` [height, width, 32] to `output` [height - 2, width - 2, 32].
template <typename T>
struct WinogradPass {
  std::int64_t height, width;
  const T* weights;   // [16, 32 / kGroup, 32, kGroup]
  const float* bias;  // [32]
};

// Transforms run over kLanes channels or filters at a time, over all of them in turn.

// B' times four vectors.
inline void TransformFour(const Lanes* from, Lanes* to) {
  to[0] = Subtract(from[0], from[2]);
  to[1] = Add(from[1], from[2]);
  to[2] = Subtract(from[2], from[1]);
  to[3] = Subtract(from[3], from[1]);
}

// Columns of four rows of the input, transformed downwards. Rows and columns beyond the input are
// those at its edge: they reach only outputs beyond the output.
template <typename T>
class InputColumns {
 public:
  InputColumns(const T* input, std::int64_t height, std::int64_t width, std::int64_t row)
      : last_(width - 1) {
    for (std::int64_t i = 0; i < 4; ++i) {
      rows_[i] = input + Min(row + i, height - 1) * width * kFilters;
    }
  }
  void Read(std::int64_t c, std::int64_t lane, Lanes* column) const {
    const std::int64_t at = Min(c, last_) * kFilters + lane;
    const Lanes inputs[4] = {LoadSplit(rows_[0] + at), LoadSplit(rows_[1] + at),
                             LoadSplit(rows_[2] + at), LoadSplit(rows_[3] + at)};
    TransformFour(inputs, column);
  }

 private:
  const T* rows_[4];
  std::int64_t last_;
};

// Neighbouring tiles of one row of tiles: as many as keep what is made of them in the first cache.
constexpr std::int64_t kMaxTiles = 14;
// Groups of several tiles of accumulators consist of full ones, but for a row's last.
constexpr std::int64_t kInFull = kMaxPixels < kMaxTiles ? kMaxPixels : 1;
struct TileGroup {
  std::int64_t row, column;  // of the first output
  std::int64_t count;
};

constexpr std::int64_t kPosition = kMaxTiles * kFilters;  // floats from one of the 16 to the next

// B' d B into `values` [16, 14, 32]: the first `count` of 14, of kLanes channels from `lane`.
template <typename T>
void TransformInputs(const InputColumns<T>& from, const TileGroup& group, std::int64_t lane,
                     T* values) {
  Lanes columns[4][4];
  from.Read(group.column, lane, columns[0]);
  from.Read(group.column + 1, lane, columns[1]);
  for (std::int64_t t = 0; t < group.count; ++t) {
    from.Read(group.column + 2 * t + 2, lane, columns[2]);
    from.Read(group.column + 2 * t + 3, lane, columns[3]);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      const Lanes row[4] = {columns[0][i], columns[1][i], columns[2][i], columns[3][i]};
      Lanes transformed[4];
      TransformFour(row, transformed);
#pragma GCC unroll 4
      for (int j = 0; j < 4; ++j) {
        StoreSplit(transformed[j],
                   values + (4 * i + j) * kPosition * kGroup<T> + t * kFilters + lane);
      }
      columns[0][i] = columns[2][i];
      columns[1][i] = columns[3][i];
    }
  }
}

// A' m A of `products` [16, 14, 32], of kLanes filters from `lane`.
template <bool kRelu, typename T>
void TransformOutputs(const WinogradPass<T>& pass, const TileGroup& group, std::int64_t lane,
                      const float* products, T* output) {
  const std::int64_t width = pass.width - 2;
  const bool two_rows = group.row + 1 < pass.height - 2;
  T* const first = output + (group.row * width + group.column) * kFilters + lane;
  T* const second = first + width * kFilters;
  for (std::int64_t t = 0; t < group.count; ++t) {
    Lanes above[4], below[4];
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) {
      const auto product = [&](int i) {
        return LoadLanes(products + (4 * i + j) * kPosition + t * kFilters + lane);
      };
      const Lanes one = product(1), two = product(2);
      above[j] = Add(Add(one, two), product(0));
      below[j] = Add(Subtract(one, two), product(3));
    }
    const bool two_columns = group.column + 2 * t + 1 < width;
    const auto write = [&](const Lanes* sums, T* to) {
      const Lanes left = Add(Add(sums[1], sums[2]), sums[0]);
      StoreRounded(kRelu ? Relu(left) : left, to);
      if (!two_columns) return;
      const Lanes right = Add(Subtract(sums[1], sums[2]), sums[3]);
      StoreRounded(kRelu ? Relu(right) : right, to + kFilters);
    };
    write(above, first + 2 * t * kFilters);
    if (two_rows) write(below, second + 2 * t * kFilters);
  }
}

template <bool kRelu, typename T>
void Winograd(const WinogradPass<T>& pass, const T* input, T* output) {
  constexpr float kNoBias[kFilters] = {};
  constexpr std::int64_t kSteps = kFilters / kGroup<T>;
  constexpr std::int64_t kInAllOutputs = 5;  // row 1, column 1: what A' m A adds to all four
  // First B' d B, then the products in the same place: OutputTile reads all before it writes.
  alignas(64) float memory[kTransformed * kPosition];
  TileGroup group;
  for (group.row = 0; group.row < pass.height - 2; group.row += 2) {
    group.column = 0;
    std::int64_t tiles = DivideUp(pass.width - 2, 2);
    const InputColumns<T> from(input, pass.height, pass.width, group.row);
    for (std::int64_t groups = DivideUp(tiles, kMaxTiles); groups > 0; --groups) {
      group.count =
          Min(DivideUp(DivideUp(tiles, groups), kInFull) * kInFull, Min(tiles, kMaxTiles));
      T* const values = reinterpret_cast<T*>(memory);
      for (std::int64_t lane = 0; lane < kFilters; lane += kLanes) {
        TransformInputs(from, group, lane, values);
      }
      const std::int64_t size = group.count * kFilters;
      // Fetched meanwhile: the outputs' memory, and what the tiles below will read besides; below
      // the last ones, of the next image.
      const std::int64_t in_row = pass.width * kFilters, out_row = (pass.width - 2) * kFilters;
      const T* const below = input + (group.row + 4) * in_row + group.column * kFilters;
      const T* const outputs = output + group.row * out_row + group.column * kFilters;
      const std::int64_t bytes = 2 * size * static_cast<std::int64_t>(sizeof(T));
      Ahead next[] = {{below, bytes, kTransformed},
                      {below + in_row, bytes, kTransformed},
                      {outputs, bytes, kTransformed},
                      {outputs + out_row, bytes, kTransformed}};
      for (std::int64_t k = 0; k < kTransformed; ++k) {
        const OutputPass<T> product{0, 1, kSteps, pass.weights + k * kFilters * kFilters,
                                    k == kInAllOutputs ? pass.bias : kNoBias};
        OutputRow</*kRelu=*/false, kFilters>(product, values + k * kPosition * kGroup<T>,
                                             group.count, memory + k * kPosition);
        for (Ahead& row : next) row.Next();
      }
      for (std::int64_t lane = 0; lane < kFilters; lane += kLanes) {
        TransformOutputs<kRelu>(pass, group, lane, memory, output);
      }
      group.column += 2 * group.count;
      tiles -= group.count;
    }
  }
}

// --- Gradient by the weights ------------------------------------------------------------------

constexpr std::int64_t kTileRows = 2;  // whose transforms are kept at once, in the second cache

// One image's (A e A') * (B' d B), block by block of kTileRows rows of tiles. A step of the
// arithmetic takes kGroup neighbouring tiles.
template <typename T>
struct GradientPass {
  std::int64_t height, width;  // of the input
  std::int64_t gradient_row;   // values from one row of the gradient to the next
  T* inputs;                   // both [16, StepsOfBlock, 32, kGroup]
  T* gradients;
};

constexpr std::int64_t BlocksOf(std::int64_t height) { return DivideUp(height - 2, 2 * kTileRows); }

// At most. Odd, so that the 16 parts do not lie in the same few sets of the first cache.
template <typename T>
std::int64_t StepsOfBlock(std::int64_t width) {
  return kTileRows * DivideUp(width - 2, 2 * kGroup<T>) | 1;
}

// A times two vectors.
inline void TransformTwo(const Lanes* from, Lanes* to) {
  to[0] = from[0];
  to[1] = Add(from[0], from[1]);
  to[2] = Subtract(from[0], from[1]);
  to[3] = from[1];
}

// One row of four parts, of each kGroup tiles.
template <typename T>
void StoreSteps(const Lanes (*tiles)[4], T* values, std::int64_t position) {
#pragma GCC unroll 4
  for (int j = 0; j < 4; ++j) {
    Lanes step[kGroup<T>];
#pragma GCC unroll 2
    for (int t = 0; t < kGroup<T>; ++t) step[t] = tiles[t][j];
    StoreStep(step, values + j * position);
  }
}

// B' d B of kGroup neighbouring tiles, the first at `column`, of kLanes channels from `lane`. Of
// the 16 parts each comes `position` values after the one before.
template <typename T>
void TransformInputStep(const InputColumns<T>& from, std::int64_t column, std::int64_t lane,
                        std::int64_t position, T* values) {
  Lanes columns[2 * kGroup<T> + 2][4];
#pragma GCC unroll 6
  for (int c = 0; c < 2 * kGroup<T> + 2; ++c) from.Read(column + c, lane, columns[c]);
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    Lanes transformed[kGroup<T>][4];
#pragma GCC unroll 2
    for (int t = 0; t < kGroup<T>; ++t) {
      const Lanes row[4] = {columns[2 * t][i], columns[2 * t + 1][i], columns[2 * t + 2][i],
                            columns[2 * t + 3][i]};
      TransformFour(row, transformed[t]);
    }
    StoreSteps(transformed, values + 4 * i * position + lane * kGroup<T>, position);
  }
}

// A e A' of as many, `gradient` being at the first tile's first.
template <typename T>
void TransformGradientStep(const T* gradient, std::int64_t row, std::int64_t lane,
                           std::int64_t position, T* values) {
  Lanes columns[2 * kGroup<T>][4];
#pragma GCC unroll 4
  for (int c = 0; c < 2 * kGroup<T>; ++c) {
    const Lanes two[2] = {LoadSplit(gradient + c * kFilters + lane),
                          LoadSplit(gradient + row + c * kFilters + lane)};
    TransformTwo(two, columns[c]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    Lanes transformed[kGroup<T>][4];
#pragma GCC unroll 2
    for (int t = 0; t < kGroup<T>; ++t) {
      const Lanes two[2] = {columns[2 * t][i], columns[2 * t + 1][i]};
      TransformTwo(two, transformed[t]);
    }
    StoreSteps(transformed, values + 4 * i * position + lane * kGroup<T>, position);
  }
}

// Both factors of the block whose first row of gradients is `row`. Returns how many steps it has.
// Behind the rows and columns of `gradient` there are zeros for a whole last step.
template <typename T>
std::int64_t TransformBlock(const GradientPass<T>& pass, std::int64_t row, const T* input,
                            const T* gradient) {
  const std::int64_t position = StepsOfBlock<T>(pass.width) * kFilters * kGroup<T>;
  std::int64_t at = 0;
  for (std::int64_t r = row; r < Min(row + 2 * kTileRows, pass.height - 2); r += 2) {
    const InputColumns<T> from(input, pass.height, pass.width, r);
    for (std::int64_t c = 0; c < pass.width - 2; c += 2 * kGroup<T>) {
      for (std::int64_t lane = 0; lane < kFilters; lane += kLanes) {
        TransformInputStep(from, c, lane, position, pass.inputs + at);
        TransformGradientStep(gradient + r * pass.gradient_row + c * kFilters, pass.gradient_row,
                              lane, position, pass.gradients + at);
      }
      at += kFilters * kGroup<T>;
    }
  }
  return at / (kFilters * kGroup<T>);
}

// Adds part `k` of 16 of a block, summed over tiles, to `total` [16, 32, 32]: channels, then
// filters, both in LoadSplit's order. kChannels of them from `channel` on, then the rest.
template <std::int64_t kChannels, typename T>
void AddProduct(const GradientPass<T>& pass, std::int64_t k, std::int64_t steps, float* total,
                std::int64_t channel = 0) {
  const std::int64_t at = k * StepsOfBlock<T>(pass.width) * kFilters * kGroup<T>;
  for (; channel + kChannels <= kFilters; channel += kChannels) {
    WeightTile<kFilters, kChannels>(pass.inputs + at + channel * kGroup<T>, 0, pass.gradients + at,
                                    0, 1, steps, total + (k * kFilters + channel) * kFilters);
  }
  constexpr std::int64_t kRest = kFilters % kChannels;
  if constexpr (kRest > 0) AddProduct<kRest>(pass, k, steps, total, channel);
}

}  // namespace
}  // namespace curl_rl::encoders::conv3x3
