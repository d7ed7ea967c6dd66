// Stands in for raster.cpp in a build without librsvg: no PNG.
#include <stdexcept>

#include "experiments/reports/raster.h"

namespace curl_rl::reports {

bool CanRasterPng() { return false; }

void RasterPng(const std::string&, const std::string& path, double) {
  throw std::runtime_error(path +
                           ": this build writes no PNG: librsvg was not found when it was "
                           "configured (apt-get install librsvg2-dev)");
}

}  // namespace curl_rl::reports
