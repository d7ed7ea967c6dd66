// Writing and reading the bytes of a Snapshot: plain values and arrays, in order, no conversion.
// They are for the same program on the same kind of machine.
#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace curl_rl::envs {

class SnapshotWriter {
 public:
  template <typename T>
  void Write(const T& value) {
    WriteArray(&value, 1);
  }
  template <typename T>
  void WriteArray(const T* values, std::size_t count) {
    static_assert(std::is_trivially_copyable_v<T>);
    const std::size_t end = bytes_.size();
    bytes_.resize(end + count * sizeof(T));
    if (count > 0) std::memcpy(bytes_.data() + end, values, count * sizeof(T));
  }
  std::vector<std::uint8_t> Take() { return std::move(bytes_); }

 private:
  std::vector<std::uint8_t> bytes_;
};

/// Keeps a reference to `bytes`. Throws std::runtime_error when they end too early.
class SnapshotReader {
 public:
  explicit SnapshotReader(const std::vector<std::uint8_t>& bytes) : bytes_(bytes) {}

  template <typename T>
  void ReadArray(T* values, std::size_t count) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (count > (bytes_.size() - position_) / sizeof(T)) {
      throw std::runtime_error("snapshot ends too early: " + std::to_string(bytes_.size()) +
                               " bytes");
    }
    if (count > 0) std::memcpy(values, bytes_.data() + position_, count * sizeof(T));
    position_ += count * sizeof(T);
  }
  template <typename T>
  T Read() {
    std::aligned_storage_t<sizeof(T), alignof(T)> storage;
    auto* value = reinterpret_cast<T*>(&storage);
    ReadArray(value, 1);
    return *value;
  }
  /// A bool: any other byte than 0 and 1 is none.
  bool ReadFlag() {
    const auto byte = Read<std::uint8_t>();
    if (byte > 1) throw std::runtime_error("snapshot: a flag is " + std::to_string(byte));
    return byte == 1;
  }
  bool at_end() const { return position_ == bytes_.size(); }

 private:
  const std::vector<std::uint8_t>& bytes_;
  std::size_t position_ = 0;
};

}  // namespace curl_rl::envs
