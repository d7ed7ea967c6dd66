// A results CSV.
#include "experiments/comparison/load.h"
#include "tests/fuzz/input_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const curl_rl::fuzz::InputFolder folder;
  try {
    curl_rl::comparison::LoadedRuns loaded;
    curl_rl::comparison::LoadResultsCsv(folder.Write("results.csv", data, size), &loaded);
  } catch (const curl_rl::comparison::InputError&) {
  }
  return 0;
}
