// Hashes key and counter to a number, and to whole numbers below a bound without bias.
#include "experiments/comparison/statistics/random_stream.h"

namespace curl_rl::comparison {
namespace {

constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15u;  // 2^64 / golden ratio, odd

}  // namespace

std::uint64_t Mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

std::uint64_t StreamKey(std::uint64_t seed, const std::string& label, std::uint64_t replicate) {
  std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a over the label's bytes
  for (unsigned char byte : label) hash = (hash ^ byte) * 0x100000001b3u;
  return Mix(Mix(Mix(seed + kGolden) ^ hash) + kGolden * (replicate + 1));
}

std::uint64_t RandomStream::Next() { return Mix(key_ + kGolden * ++counter_); }

std::uint64_t RandomStream::Below(std::uint64_t bound) {
  const std::uint64_t x = Next();
  // High 64 bits of x * bound from 32-bit halves; bound < 2^32 (a number of runs).
  const std::uint64_t low = (x & 0xffffffffu) * bound;
  const std::uint64_t high = (x >> 32) * bound + (low >> 32);
  return high >> 32;
}

}  // namespace curl_rl::comparison
