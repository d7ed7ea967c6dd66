// The Mersenne Twister with numpy's recipes for uniform and normal numbers.
#include "envs/numpy_random.h"

#include <algorithm>
#include <cmath>

namespace curl_rl::envs {

// MT19937 (Matsumoto and Nishimura 1998), seeded by their init_genrand.
NumpyRandom::NumpyRandom(std::uint32_t seed) {
  words_[0] = seed;
  for (std::uint32_t i = 1; i < words_.size(); ++i) {
    words_[i] = 1812433253U * (words_[i - 1] ^ (words_[i - 1] >> 30)) + i;
  }
}

std::uint32_t NumpyRandom::NextWord() {
  constexpr std::uint32_t kSize = 624, kShift = 397;
  if (position_ == kSize) {
    for (std::uint32_t i = 0; i < kSize; ++i) {
      const std::uint32_t joined =
          (words_[i] & 0x80000000U) | (words_[(i + 1) % kSize] & 0x7fffffffU);
      words_[i] =
          words_[(i + kShift) % kSize] ^ (joined >> 1) ^ ((joined & 1U) != 0 ? 0x9908b0dfU : 0U);
    }
    position_ = 0;
  }
  std::uint32_t word = words_[position_++];
  word ^= word >> 11;
  word ^= (word << 7) & 0x9d2c5680U;
  word ^= (word << 15) & 0xefc60000U;
  word ^= word >> 18;
  return word;
}

bool NumpyRandom::IsValid() const {
  // Of the first word only the highest bit lives on: without it and the others, all words to come
  // are 0, and what is drawn until it fits never does.
  const auto is_set = [](std::uint32_t word) { return word != 0; };
  const bool lives =
      (words_[0] & 0x80000000U) != 0 || std::any_of(words_.begin() + 1, words_.end(), is_set);
  return position_ <= words_.size() && kept_count_ <= 1 && std::isfinite(kept_) && lives;
}

double NumpyRandom::Uniform() {
  const std::uint32_t high = NextWord() >> 5;  // 27 bits
  const std::uint32_t low = NextWord() >> 6;   // 26 bits
  return (high * 67108864.0 + low) / 9007199254740992.0;
}

double NumpyRandom::Uniform(double low, double high) { return low + (high - low) * Uniform(); }

// Words cut to the bits that the largest number needs, until one is small enough; none for count 1.
std::uint32_t NumpyRandom::Integer(std::uint32_t count) {
  const std::uint32_t largest = count - 1;
  if (largest == 0) return 0;
  std::uint32_t mask = largest;
  for (int shift = 1; shift < 32; shift *= 2) mask |= mask >> shift;
  std::uint32_t word;
  do {
    word = NextWord() & mask;
  } while (word > largest);
  return word;
}

// Marsaglia's polar method; numpy gives the second of the pair first and keeps the other.
double NumpyRandom::Normal() {
  if (kept_count_ > 0) {
    kept_count_ = 0;
    return kept_;
  }
  double x1, x2, r2;
  do {
    x1 = 2.0 * Uniform() - 1.0;
    x2 = 2.0 * Uniform() - 1.0;
    r2 = x1 * x1 + x2 * x2;
  } while (r2 >= 1.0 || r2 == 0.0);
  const double factor = std::sqrt(-2.0 * std::log(r2) / r2);
  kept_ = factor * x1;
  kept_count_ = 1;
  return factor * x2;
}

}  // namespace curl_rl::envs
