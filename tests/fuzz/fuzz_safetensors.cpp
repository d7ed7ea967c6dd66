// A safetensors file, up to its bytes.
#include <cstdlib>
#include <stdexcept>

#include "experiments/checkpoints/safetensors_header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace curl_rl::experiments;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  try {
    const auto header = SafetensorsHeaderSize("f", bytes.substr(0, 8), size);
    const auto data_size = size - 8 - header;
    std::uint64_t end = 0;
    for (const auto& entry : ParseSafetensorsHeader("f", bytes.substr(8, header), data_size)) {
      if (entry.begin != end || entry.end < entry.begin) std::abort();
      end = entry.end;
    }
    if (end != data_size) std::abort();
  } catch (const std::runtime_error&) {
  }
  return 0;
}
