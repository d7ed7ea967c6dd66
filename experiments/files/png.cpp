// Encodes rows by libpng into memory, then writes the file atomically.
#include "experiments/files/png.h"

#include <png.h>

#include <stdexcept>

#include "experiments/files/atomic_file.h"

namespace curl_rl::experiments {

std::string PngBytes(const std::uint8_t* pixels, int height, int width, int channels) {
  if (channels != 1 && channels != 3) {
    throw std::invalid_argument("a PNG needs 1 or 3 channels, got " + std::to_string(channels));
  }
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string bytes(size, '\0');
  if (!png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels, 0, nullptr)) {
    throw std::runtime_error(std::string("cannot encode as PNG: ") + image.message);
  }
  bytes.resize(size);
  return bytes;
}

void WritePng(const std::string& path, const std::uint8_t* pixels, int height, int width,
              int channels) {
  WriteFileAtomically(path, PngBytes(pixels, height, width, channels));
}

}  // namespace curl_rl::experiments
