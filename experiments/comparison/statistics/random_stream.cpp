// Hashes key and counter to a number, and to whole numbers below a bound without bias.
#include "experiments/comparison/statistics/random_stream.h"

#include "replay/mix64.h"

namespace curl_rl::comparison {

using replay::kGolden64;
using replay::Mix64;

std::uint64_t StreamKey(std::uint64_t seed, const std::string& label, std::uint64_t replicate) {
  return ReplicateKey(LabelKey(seed, label), replicate);
}

std::uint64_t LabelKey(std::uint64_t seed, const std::string& label) {
  return Mix64(Mix64(seed + kGolden64) ^ replay::HashOfName(label));
}

std::uint64_t ReplicateKey(std::uint64_t label_key, std::uint64_t replicate) {
  return Mix64(label_key + kGolden64 * (replicate + 1));
}

std::uint64_t RandomStream::Next() { return Mix64(key_ + kGolden64 * ++counter_); }

std::uint64_t RandomStream::Below(std::uint64_t bound) {
  const std::uint64_t x = Next();
  // High 64 bits of x * bound from 32-bit halves; bound < 2^32 (a number of runs).
  const std::uint64_t low = (x & 0xffffffffu) * bound;
  const std::uint64_t high = (x >> 32) * bound + (low >> 32);
  return high >> 32;
}

}  // namespace curl_rl::comparison
