// What the processor says it can do, and whether that is enough for the arithmetic a config asks
// for.
#pragma once

#include <string>

#include "experiments/config/config.h"

namespace curl_rl::experiments {

/// The flags of the first processor in a file as /proc/cpuinfo ("flags" on x86, "Features" on
/// Arm), separated by spaces; "" if it tells none.
std::string CpuFlags(const std::string& path = "/proc/cpuinfo");

/// Whether `flag` is one of `flags`, as a word of its own.
bool HasFlag(const std::string& flags, const std::string& flag);

/// The flag among `flags` by which a processor multiplies in bfloat16; "" if there is none of
/// avx512_bf16, amx_bf16 (x86), bf16, svebf16 (Arm).
std::string Bfloat16Flag(const std::string& flags);

/// What is to be said to who trains with `precision` on a CPU of these `flags`; "": nothing, also
/// where the flags are not known. Bfloat16 without instructions for it is emulated: right, and far
/// slower than float32 (docs/performance.md).
std::string PrecisionWarning(agents::Precision precision, const std::string& flags);

}  // namespace curl_rl::experiments
