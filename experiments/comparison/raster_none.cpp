#include <stdexcept>

#include "experiments/comparison/raster.h"

namespace curl_rl::comparison {

bool CanWritePng() { return false; }

void WritePng(const std::string&, const std::string& path, double) {
  throw std::runtime_error(path +
                           ": this build writes no PNG: librsvg was not found when it was "
                           "configured (apt-get install librsvg2-dev)");
}

}  // namespace curl_rl::comparison
