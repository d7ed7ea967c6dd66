// Counter-based random numbers: the i-th number of a stream is a pure function of (key, i), so any
// thread may compute any part and the bytes come out the same.
#pragma once

#include <cstdint>
#include <string>

namespace curl_rl::comparison {

/// The key of replicate `replicate` of the stream called `label`. A label names what is resampled
/// (e.g. "score/cartpole_swingup/curl/500000"), so that adding a method changes no other's
/// interval.
std::uint64_t StreamKey(std::uint64_t seed, const std::string& label, std::uint64_t replicate);

/// The same in two steps, where many replicates of one label are drawn.
std::uint64_t LabelKey(std::uint64_t seed, const std::string& label);
std::uint64_t ReplicateKey(std::uint64_t label_key, std::uint64_t replicate);

/// One stream, read in order.
class RandomStream {
 public:
  explicit RandomStream(std::uint64_t key) : key_(key) {}

  std::uint64_t Next();

  /// Uniform in 0 .. bound - 1 by the high half of a product; its bias, below bound / 2^64, is nil.
  std::uint64_t Below(std::uint64_t bound);

 private:
  std::uint64_t key_;
  std::uint64_t counter_ = 0;
};

}  // namespace curl_rl::comparison
