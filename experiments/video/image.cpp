// Converts, scales and pastes pixels, and chooses the grid for several pictures.
#include "experiments/video/image.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace curl_rl::video {

Image ToRgb(const std::uint8_t* frame, int height, int width, int channels) {
  if (channels != 1 && channels != 3) {
    throw std::invalid_argument("a picture needs frames of 1 or 3 channels, got " +
                                std::to_string(channels));
  }
  Image image(height, width);
  if (channels == 3) {
    std::copy(frame, frame + image.pixels.size(), image.pixels.begin());
  } else {
    for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = frame[i / 3];
  }
  return image;
}

Image Fit(const Image& image, int height, int width) {
  const double scale = std::min(static_cast<double>(height) / image.height,
                                static_cast<double>(width) / image.width);
  const int rows = std::clamp(static_cast<int>(std::lround(scale * image.height)), 1, height);
  const int columns = std::clamp(static_cast<int>(std::lround(scale * image.width)), 1, width);
  Image fitted(rows, columns);
  for (int y = 0; y < rows; ++y) {
    // The source pixel under the middle of this one.
    const int from_y = static_cast<int>((2LL * y + 1) * image.height / (2LL * rows));
    for (int x = 0; x < columns; ++x) {
      const int from_x = static_cast<int>((2LL * x + 1) * image.width / (2LL * columns));
      std::copy_n(image.at(from_y, from_x), 3, fitted.at(y, x));
    }
  }
  if (rows == height && columns == width) return fitted;
  Image canvas(height, width);
  Paste(fitted, (height - rows) / 2, (width - columns) / 2, &canvas);
  return canvas;
}

void Paste(const Image& image, int y, int x, Image* canvas) {
  const int left = std::max(0, -x);
  const int right = std::min(image.width, canvas->width - x);
  if (left >= right) return;
  for (int row = std::max(0, -y); row < std::min(image.height, canvas->height - y); ++row) {
    std::copy_n(image.at(row, left), std::size_t{3} * (right - left),
                canvas->at(y + row, x + left));
  }
}

void Dim(Image* image) {
  for (std::uint8_t& value : image->pixels) value /= 2;
}

Grid ChooseGrid(int tiles, int tile_height, int tile_width) {
  Grid grid;
  grid.columns = static_cast<int>(std::ceil(std::sqrt(tiles)));
  grid.rows = (tiles + grid.columns - 1) / grid.columns;
  grid.tile_height = tile_height;
  grid.tile_width = tile_width;
  return grid;
}

}  // namespace curl_rl::video
