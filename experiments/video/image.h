// Pictures in memory: fitted into other sizes, side by side.
#pragma once

#include <cstdint>
#include <vector>

namespace curl_rl::video {

/// uint8 RGB pixels [height, width, 3], row 0 at the top.
struct Image {
  Image() = default;
  Image(int rows, int columns)
      : height(rows), width(columns), pixels(std::size_t{3} * rows * columns) {}

  std::uint8_t* at(int y, int x) { return &pixels[(std::size_t{1} * y * width + x) * 3]; }
  const std::uint8_t* at(int y, int x) const {
    return &pixels[(std::size_t{1} * y * width + x) * 3];
  }

  int height = 0;
  int width = 0;
  std::vector<std::uint8_t> pixels;
};

/// A frame [height, width, channels] as RGB; channels 1 (grey) or 3. Throws std::invalid_argument
/// for others.
Image ToRgb(const std::uint8_t* frame, int height, int width, int channels);

/// `image` as large as it fits into `height` x `width` without a change of shape, in the middle of
/// black: enlarged, every pixel becomes a rectangle; reduced, the nearest pixels are kept.
Image Fit(const Image& image, int height, int width);

/// Copies `image` into `canvas` with its upper left corner at row `y`, column `x`; what would lie
/// outside is left out.
void Paste(const Image& image, int y, int x, Image* canvas);

/// Halves the brightness.
void Dim(Image* image);

/// Tiles of one size in rows, with a gap between neighbours.
struct Grid {
  int rows = 1;
  int columns = 1;
  int tile_height = 0;
  int tile_width = 0;
  int gap = 4;  // pixels

  int height() const { return rows * tile_height + (rows - 1) * gap; }
  int width() const { return columns * tile_width + (columns - 1) * gap; }
  int y(int tile) const { return tile / columns * (tile_height + gap); }  // of its upper left
  int x(int tile) const { return tile % columns * (tile_width + gap); }
};

/// The grid of `tiles` (at least 1) that is nearest to a square, no row or column of it empty.
Grid ChooseGrid(int tiles, int tile_height, int tile_width);

}  // namespace curl_rl::video
