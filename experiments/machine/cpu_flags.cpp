// Looks for names in the processor's list of flags.
#include "experiments/machine/cpu_flags.h"

#include <fstream>

namespace curl_rl::experiments {

std::string CpuFlags(const std::string& path) {
  std::ifstream info(path);
  for (std::string line; std::getline(info, line);) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string key = line.substr(0, line.find_first_of(" \t:"));
    if (key != "flags" && key != "Features") continue;
    const auto begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "";
}

bool HasFlag(const std::string& flags, const std::string& flag) {
  return (" " + flags + " ").find(" " + flag + " ") != std::string::npos;
}

std::string Bfloat16Flag(const std::string& flags) {
  for (const char* flag : {"amx_bf16", "avx512_bf16", "svebf16", "bf16"}) {
    if (HasFlag(flags, flag)) return flag;
  }
  return "";
}

std::string PrecisionWarning(agents::Precision precision, const std::string& flags) {
  if (precision != agents::Precision::kBFloat16 || flags.empty()) return "";
  if (!Bfloat16Flag(flags).empty()) return "";
  return "agent.precision is bfloat16, and this processor has no instructions for it (neither "
         "avx512_bf16 nor amx_bf16): they are emulated, many times slower than float32; "
         "agent.precision=float32 is the faster one here";
}

}  // namespace curl_rl::experiments
