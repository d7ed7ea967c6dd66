// Winograd's algorithm F(2x2, 3x3) for conv3x3_avx512.cpp: 16 multiplications for four outputs of a
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
//   B' = | 0  1  1  0 |   A' = | 0  1 -1 -1 |
//        | 0 -1  1  0 |
//        | 0  1  0 -1 |
//
// Transforms are additions in float32. The 16 products of matrices, tiles x channels times channels
// x filters, are OutputRow's. What is not a number stays within the outputs whose windows hold it.
#pragma once

#include "encoders/conv3x3_tiles.h"

namespace curl_rl::encoders::conv3x3 {
namespace {

// The convolution of `input` [height, width, 32] to `output` [height - 2, width - 2, 32].
template <typename T>
struct WinogradPass {
  std::int64_t height, width;
  const T* weights;   // [16, 32 / kGroup, 32, kGroup]
  const float* bias;  // [32]
  float least;        // outputs are not below it
};

// Neighbouring tiles of one row of tiles: as many as OutputTile multiplies at once, which keeps
// what is made of them in the first cache.
struct TileGroup {
  std::int64_t row, column;  // of the first output
  std::int64_t count;
};

constexpr std::int64_t kPosition = kMaxPixels * kFilters;  // floats from one of the 16 to the next

// B' times four vectors.
inline void TransformFour(const Pair* from, Pair* to) {
  to[0] = Subtract(from[0], from[2]);
  to[1] = Add(from[1], from[2]);
  to[2] = Subtract(from[2], from[1]);
  to[3] = Subtract(from[1], from[3]);
}

// B' d B into `values` [16, 14, 32]: the first `count` of 14. Rows and columns beyond the input are
// those at its edge: they reach only outputs beyond the output.
template <typename T>
void TransformInputs(const WinogradPass<T>& pass, const TileGroup& group, const T* input,
                     T* values) {
  const T* rows[4];
  for (std::int64_t i = 0; i < 4; ++i) {
    rows[i] = input + Min(group.row + i, pass.height - 1) * pass.width * kFilters;
  }
  Pair columns[4][4];  // of the inputs below a tile, transformed downwards
  const auto read = [&](std::int64_t c, Pair* column) {
    const std::int64_t at = Min(group.column + c, pass.width - 1) * kFilters;
    const Pair inputs[4] = {LoadSplit(rows[0] + at), LoadSplit(rows[1] + at),
                            LoadSplit(rows[2] + at), LoadSplit(rows[3] + at)};
    TransformFour(inputs, column);
  };
  read(0, columns[0]);
  read(1, columns[1]);
  for (std::int64_t t = 0; t < group.count; ++t) {
    read(2 * t + 2, columns[2]);
    read(2 * t + 3, columns[3]);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      const Pair row[4] = {columns[0][i], columns[1][i], columns[2][i], columns[3][i]};
      Pair transformed[4];
      TransformFour(row, transformed);
#pragma GCC unroll 4
      for (int j = 0; j < 4; ++j) {
        StoreSplit(transformed[j], values + (4 * i + j) * kPosition * kGroup<T> + t * kFilters);
      }
      columns[0][i] = columns[2][i];
      columns[1][i] = columns[3][i];
    }
  }
}

// A' m A of `products` [16, 14, 32], with bias and least value.
template <typename T>
void TransformOutputs(const WinogradPass<T>& pass, const TileGroup& group, const float* products,
                      T* output) {
  const std::int64_t width = pass.width - 2;
  const bool two_rows = group.row + 1 < pass.height - 2;
  const Pair bias = LoadFloats(pass.bias);
  T* const first = output + (group.row * width + group.column) * kFilters;
  T* const second = first + width * kFilters;
  for (std::int64_t t = 0; t < group.count; ++t) {
    Pair above[4], below[4];
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) {
      const auto product = [&](int i) {
        return LoadFloats(products + (4 * i + j) * kPosition + t * kFilters);
      };
      const Pair one = product(1), two = product(2);
      above[j] = Add(Add(one, two), product(0));
      below[j] = Subtract(Subtract(one, two), product(3));
    }
    const bool two_columns = group.column + 2 * t + 1 < width;
    const auto write = [&](const Pair* sums, T* to) {
      const Pair left = Add(Add(sums[1], sums[2]), sums[0]);
      StoreRounded(Max(Add(left, bias), pass.least), to);
      if (!two_columns) return;
      const Pair right = Subtract(Subtract(sums[1], sums[2]), sums[3]);
      StoreRounded(Max(Add(right, bias), pass.least), to + kFilters);
    };
    write(above, first + 2 * t * kFilters);
    if (two_rows) write(below, second + 2 * t * kFilters);
  }
}

template <typename T>
void Winograd(const WinogradPass<T>& pass, const T* input, T* output) {
  constexpr float kNoBias[kFilters] = {};
  constexpr std::int64_t kSteps = kFilters / kGroup<T>;
  // First B' d B, then the products in the same place: OutputTile reads all before it writes.
  alignas(64) float memory[kTransformed * kPosition];
  TileGroup group;
  for (group.row = 0; group.row < pass.height - 2; group.row += 2) {
    group.column = 0;
    std::int64_t tiles = DivideUp(pass.width - 2, 2);
    for (std::int64_t groups = DivideUp(tiles, kMaxPixels); groups > 0; --groups) {
      group.count = DivideUp(tiles, groups);
      T* const values = reinterpret_cast<T*>(memory);
      TransformInputs(pass, group, input, values);
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
        const OutputPass<T> product{
            0, 1, kSteps, pass.weights + k * kFilters * kFilters, kNoBias, -__builtin_inff()};
        OutputTileOf<kFilters>(group.count, product, values + k * kPosition * kGroup<T>,
                               memory + k * kPosition);
        for (Ahead& row : next) row.Next();
      }
      TransformOutputs(pass, group, memory, output);
      group.column += 2 * group.count;
      tiles -= group.count;
    }
  }
}

}  // namespace
}  // namespace curl_rl::encoders::conv3x3
