// A config file, or, behind a first '!', an override of the command line.
#include "experiments/config_reader.h"
#include "experiments/config_schema.h"
#include "tests/fuzz/input_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace curl_rl::experiments;
  static const curl_rl::fuzz::InputFolder folder;
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (text.find(".so") != std::string::npos) return 0;  // loading libraries is not to be fuzzed
  try {
    const auto config = text.rfind('!', 0) == 0
                            ? ReadConfig("", {text.substr(1)})
                            : ReadConfig(folder.Write("config.yaml", data, size), {});
    // What is accepted is written so that it reads back to the same.
    const auto written = WriteConfig(config);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(written.data());
    if (WriteConfig(ReadConfig(folder.Write("again.yaml", bytes, written.size()), {})) != written) {
      std::abort();
    }
  } catch (const UsageError&) {
  }
  return 0;
}
