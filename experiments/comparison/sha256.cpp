#include "experiments/comparison/sha256.h"

#include <array>
#include <cmath>
#include <cstdint>

namespace curl_rl::comparison {
namespace {

using Words = std::array<std::uint32_t, 64>;

std::uint32_t RotateRight(std::uint32_t x, int n) { return (x >> n) | (x << (32 - n)); }

// The standard's constants are the first 32 fractional bits of the cube roots of the first 64
// primes (round constants) and of the square roots of the first 8 (initial state). long double
// holds them exactly enough: 8 bits of integer part + 32 < 64 bits.
std::array<int, 64> Primes() {
  std::array<int, 64> primes{};
  int count = 0;
  for (int candidate = 2; count < 64; ++candidate) {
    bool prime = true;
    for (int i = 0; i < count; ++i) prime = prime && candidate % primes[i] != 0;
    if (prime) primes[count++] = candidate;
  }
  return primes;
}

std::uint32_t FractionBits(long double x) {
  return static_cast<std::uint32_t>((x - std::floor(x)) * 4294967296.0L);
}

Words RoundConstants() {
  Words k{};
  const std::array<int, 64> primes = Primes();
  for (int i = 0; i < 64; ++i) k[i] = FractionBits(std::cbrt(static_cast<long double>(primes[i])));
  return k;
}

void AddBlock(const unsigned char* block, std::array<std::uint32_t, 8>* state) {
  static const Words kRound = RoundConstants();
  Words w{};
  for (int i = 0; i < 16; ++i) {
    w[i] = std::uint32_t{block[4 * i]} << 24 | std::uint32_t{block[4 * i + 1]} << 16 |
           std::uint32_t{block[4 * i + 2]} << 8 | std::uint32_t{block[4 * i + 3]};
  }
  for (int i = 16; i < 64; ++i) {
    const std::uint32_t s0 =
        RotateRight(w[i - 15], 7) ^ RotateRight(w[i - 15], 18) ^ (w[i - 15] >> 3);
    const std::uint32_t s1 =
        RotateRight(w[i - 2], 17) ^ RotateRight(w[i - 2], 19) ^ (w[i - 2] >> 10);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  auto [a, b, c, d, e, f, g, h] = *state;
  for (int i = 0; i < 64; ++i) {
    const std::uint32_t s1 = RotateRight(e, 6) ^ RotateRight(e, 11) ^ RotateRight(e, 25);
    const std::uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + kRound[i] + w[i];
    const std::uint32_t s0 = RotateRight(a, 2) ^ RotateRight(a, 13) ^ RotateRight(a, 22);
    const std::uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  const std::array<std::uint32_t, 8> sum = {a, b, c, d, e, f, g, h};
  for (int i = 0; i < 8; ++i) (*state)[i] += sum[i];
}

}  // namespace

std::string Sha256(const std::string& bytes) {
  std::array<std::uint32_t, 8> state{};
  static const std::array<int, 64> kPrimes = Primes();
  for (int i = 0; i < 8; ++i) {
    state[i] = FractionBits(std::sqrt(static_cast<long double>(kPrimes[i])));
  }
  // One bit 1, zeros, and the length in bits as 64-bit big endian fill up the last block.
  std::string padded = bytes + '\x80';
  while (padded.size() % 64 != 56) padded += '\0';
  const std::uint64_t bits = std::uint64_t{bytes.size()} * 8;
  for (int shift = 56; shift >= 0; shift -= 8) padded += static_cast<char>(bits >> shift & 0xff);
  for (std::size_t i = 0; i < padded.size(); i += 64) {
    AddBlock(reinterpret_cast<const unsigned char*>(padded.data()) + i, &state);
  }
  std::string hex;
  for (std::uint32_t word : state) {
    for (int shift = 28; shift >= 0; shift -= 4) hex += "0123456789abcdef"[word >> shift & 0xf];
  }
  return hex;
}

}  // namespace curl_rl::comparison
