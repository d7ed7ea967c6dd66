// Memory that two processes see: without a name, so that nothing of it stays behind.
#pragma once

#include <cstddef>
#include <string>

namespace curl_rl::envs {

/// An unnamed file in memory (memfd), which ends with the last process that has it open.
class SharedMemory {
 public:
  /// Empty, closed on exec. `name` is what /proc shows. Throws std::runtime_error.
  explicit SharedMemory(const std::string& name);
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  /// Makes it `bytes` long for good and maps it, once. The other process cannot cut it, which would
  /// end this one at its next look. Throws std::runtime_error.
  void Map(std::size_t bytes);

  int descriptor() const { return descriptor_; }
  std::byte* data() { return data_; }  // page-aligned; null before Map
  const std::byte* data() const { return data_; }

 private:
  int descriptor_ = -1;
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace curl_rl::envs
