// The generator of the controls and actions in the golden files.
#pragma once

#include <cstdint>

namespace curl_rl::envs {

/// Knuth's 64-bit linear congruential generator; a double in [0, 1) from its upper 53 bits.
class Lcg {
 public:
  explicit Lcg(std::uint64_t seed) : state_(seed) {}
  double Next() {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<double>(state_ >> 11) * (1.0 / 9007199254740992.0);
  }

 private:
  std::uint64_t state_;
};

}  // namespace curl_rl::envs
