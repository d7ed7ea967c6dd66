// The header of a safetensors file: what tensors it says to hold, checked against its size.
// No tensor is needed to read it, so that every build with sanitizers and fuzzing can.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace curl_rl::experiments {

struct SafetensorsEntry {
  std::string name;
  std::string dtype;  // one of SafetensorsDtypes()
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;  // in the data section
  std::uint64_t end = 0;
};

struct SafetensorsDtype {
  const char* name;
  std::uint64_t bytes;  // of an element
};

/// The types this project reads and writes: F32, F64, BF16, I64, U8.
const std::vector<SafetensorsDtype>& SafetensorsDtypes();

/// The size of the header that the first 8 bytes of a file of `file_size` bytes tell. Throws
/// std::runtime_error that names `path` if it cannot be.
std::uint64_t SafetensorsHeaderSize(const std::string& path, const std::string& first_bytes,
                                    std::uint64_t file_size);

/// The entries of a header before `data_size` bytes of data, in the order of their bytes. Throws
/// std::runtime_error that names `path`: no JSON, an unknown dtype, sizes that do not fit the
/// shape, overlapping or missing bytes.
std::vector<SafetensorsEntry> ParseSafetensorsHeader(const std::string& path,
                                                     const std::string& text,
                                                     std::uint64_t data_size);

/// std::runtime_error "path: not a usable safetensors file: what".
[[noreturn]] void FailSafetensors(const std::string& path, const std::string& what);

}  // namespace curl_rl::experiments
