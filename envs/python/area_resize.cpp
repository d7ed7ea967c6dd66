// Resizes along one side, then along the other: areas of rectangles are products.
#include "envs/python/area_resize.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace curl_rl::envs {
namespace {

// What one pixel of the new side covers of the old: old pixels first, first + 1, …, and how much of
// each; the weights' sum is 1.
struct Cover {
  int first = 0;
  std::vector<double> weights;
};

std::vector<Cover> Covers(int from, int to) {
  std::vector<Cover> covers(static_cast<std::size_t>(to));
  for (int i = 0; i < to; ++i) {
    // In units of 1 / to of an old pixel all is whole.
    const std::int64_t begin = std::int64_t{i} * from, end = begin + from;
    Cover& cover = covers[static_cast<std::size_t>(i)];
    cover.first = static_cast<int>(begin / to);
    for (std::int64_t pixel = cover.first; pixel * to < end; ++pixel) {
      const std::int64_t part = std::min(end, (pixel + 1) * to) - std::max(begin, pixel * to);
      cover.weights.push_back(static_cast<double>(part) / from);
    }
  }
  return covers;
}

}  // namespace

void ResizeByArea(const std::uint8_t* from, const PictureSize& from_size, std::uint8_t* to,
                  const PictureSize& to_size) {
  const auto channels = static_cast<std::size_t>(from_size.channels);
  const auto from_row = from_size.width * channels;
  if (from_size.height == to_size.height && from_size.width == to_size.width) {
    std::memcpy(to, from, from_size.height * from_row);
    return;
  }
  const auto rows = Covers(from_size.height, to_size.height);
  const auto columns = Covers(from_size.width, to_size.width);
  std::vector<double> line(from_row);  // one new row, still as wide as the old
  for (const Cover& row : rows) {
    std::fill(line.begin(), line.end(), 0.0);
    for (std::size_t k = 0; k < row.weights.size(); ++k) {
      const std::uint8_t* old = from + (row.first + k) * from_row;
      for (std::size_t x = 0; x < from_row; ++x) line[x] += row.weights[k] * old[x];
    }
    for (const Cover& column : columns) {
      for (std::size_t c = 0; c < channels; ++c) {
        double sum = 0.5;
        for (std::size_t k = 0; k < column.weights.size(); ++k) {
          sum += column.weights[k] * line[(column.first + k) * channels + c];
        }
        *to++ = static_cast<std::uint8_t>(std::min(sum, 255.0));
      }
    }
  }
}

}  // namespace curl_rl::envs
