// A results CSV.
#include "experiments/comparison/input/load.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  try {
    curl_rl::comparison::LoadedRuns loaded;
    curl_rl::comparison::ParseResultsCsv(bytes, "results.csv", &loaded);
  } catch (const curl_rl::comparison::InputError&) {
  }
  return 0;
}
