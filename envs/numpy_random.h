// numpy's legacy random stream, `numpy.random.RandomState(seed)`, bit for bit: the DeepMind Control
// Suite draws its initial states from it.
#pragma once

#include <array>
#include <cstdint>

namespace curl_rl::envs {

/// Plain data without padding: copying it copies the stream, and its bytes are its whole state.
class NumpyRandom {
 public:
  explicit NumpyRandom(std::uint32_t seed);

  /// A double in [0, 1) with 53 random bits (`rand()`).
  double Uniform();

  /// low + (high - low) * Uniform() (`uniform(low, high)`).
  double Uniform(double low, double high);

  /// A whole number in [0, count), count > 0 (`randint(count)`).
  std::uint32_t Integer(std::uint32_t count);

  /// A standard normal (`randn()`).
  double Normal();

  /// Whether this is a state that a stream can be in: to be asked of bytes from outside. Others
  /// read beyond the words, or give zeros for ever.
  bool IsValid() const;

 private:
  std::uint32_t NextWord();

  std::array<std::uint32_t, 624> words_;
  std::uint32_t position_ = 624;  // of the next word to give; 624: the words are used up
  std::uint32_t kept_count_ = 0;  // 1: the polar method, which makes normals in pairs, left one
  double kept_ = 0.0;
};

}  // namespace curl_rl::envs
