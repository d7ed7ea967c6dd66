// PNG files of frames.
#pragma once

#include <cstdint>
#include <string>

namespace curl_rl::experiments {

/// A PNG file's bytes of uint8 `pixels` [height, width, channels], row 0 at the top; channels 1
/// (grey) or 3 (RGB). Throws std::invalid_argument for other channels.
std::string PngBytes(const std::uint8_t* pixels, int height, int width, int channels);

/// Writes uint8 `pixels` [height, width, channels], row 0 at the top; channels 1 (grey) or 3 (RGB).
/// Throws std::invalid_argument for other channels, std::runtime_error if it cannot be written.
void WritePng(const std::string& path, const std::uint8_t* pixels, int height, int width,
              int channels);

}  // namespace curl_rl::experiments
