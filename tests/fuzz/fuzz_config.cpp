// A config file, or, behind a first '!', an override of the command line.
#include <cstdlib>

#include "experiments/config/config_reader.h"
#include "experiments/config/config_schema.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace curl_rl::experiments;
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (text.find('\0') != std::string::npos) return 0;   // neither a text file nor an argument
  if (text.find(".so") != std::string::npos) return 0;  // no library of this machine is to be run
  const bool is_override = text.rfind('!', 0) == 0;
  try {
    const auto config = is_override ? ParseConfig("", "", {text.substr(1)})
                                    : ParseConfig(text, "folder/config.yaml");
    // What is accepted is written so that it reads back to the same.
    const auto written = WriteConfig(config);
    if (WriteConfig(ParseConfig(written, "folder/config.yaml")) != written) std::abort();
  } catch (const UsageError&) {
  }
  return 0;
}
