// What seeds of random streams are made of; the one place, and it needs no LibTorch.
#pragma once

#include <cstdint>
#include <string>

namespace curl_rl::replay {

constexpr std::uint64_t kGolden64 = 0x9e3779b97f4a7c15u;  // 2^64 / golden ratio, odd

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection of 64 bits that mixes well.
/// Its streams are Mix64(key + n * kGolden64), n = 1, 2, ...
inline std::uint64_t Mix64(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

/// FNV-1a of the name's bytes.
inline std::uint64_t HashOfName(const std::string& name) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const unsigned char byte : name) hash = (hash ^ byte) * 0x100000001b3u;
  return hash;
}

}  // namespace curl_rl::replay
