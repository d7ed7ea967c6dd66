// SVG to PNG, by librsvg and cairo where they were found at build time.
#pragma once

#include <string>

namespace curl_rl::reports {

/// Whether this build can write PNG files.
bool CanRasterPng();

/// Draws `svg` at `scale` pixels a unit. Throws std::runtime_error naming `path` if it cannot be
/// drawn or written, or if this build cannot.
void RasterPng(const std::string& svg, const std::string& path, double scale);

}  // namespace curl_rl::reports
