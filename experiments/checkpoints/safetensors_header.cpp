// Parses the JSON header and checks that its tensors lie side by side in the file and fill it.
#include "experiments/checkpoints/safetensors_header.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "experiments/files/checked_json.h"

namespace curl_rl::experiments {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxDimensions = 64;         // LibTorch's own limit for most of what it does
constexpr std::uint64_t kMaxHeader = 100'000'000;  // the format's own limit

std::uint64_t ElementSize(const std::string& path, const std::string& dtype) {
  for (const auto& known : SafetensorsDtypes()) {
    if (dtype == known.name) return known.bytes;
  }
  FailSafetensors(path, "unknown dtype '" + dtype + "'");
}

std::vector<std::int64_t> WholeNumbers(const json& entry, const char* key) {
  std::vector<std::int64_t> numbers;
  for (const auto& item : entry.at(key)) numbers.push_back(WholeNumber(item, key));
  return numbers;
}

SafetensorsEntry ParseEntry(const std::string& path, const std::string& name, const json& item) {
  try {
    const auto offsets = WholeNumbers(item, "data_offsets");
    if (offsets.size() != 2 || offsets[0] < 0 || offsets[1] < 0) {
      FailSafetensors(path, "'" + name + "' has no two offsets");
    }
    if (item.at("shape").size() > kMaxDimensions) {
      FailSafetensors(path, "'" + name + "' has " + std::to_string(item["shape"].size()) +
                                " dimensions, allowed: " + std::to_string(kMaxDimensions));
    }
    return {name, item.at("dtype").get<std::string>(), WholeNumbers(item, "shape"),
            static_cast<std::uint64_t>(offsets[0]), static_cast<std::uint64_t>(offsets[1])};
  } catch (const json::exception& error) {
    FailSafetensors(path, "entry '" + name + "': " + error.what());
  }
}

// Bytes of an entry by its shape; fails on negative sizes and overflow.
std::uint64_t ByteCount(const std::string& path, const SafetensorsEntry& entry) {
  std::uint64_t count = ElementSize(path, entry.dtype);
  for (const auto size : entry.shape) {
    if (size < 0 || __builtin_mul_overflow(count, static_cast<std::uint64_t>(size), &count)) {
      FailSafetensors(path, "'" + entry.name + "' has an impossible shape");
    }
  }
  return count;
}

}  // namespace

void FailSafetensors(const std::string& path, const std::string& what) {
  throw std::runtime_error(path + ": not a usable safetensors file: " + what);
}

const std::vector<SafetensorsDtype>& SafetensorsDtypes() {
  static const std::vector<SafetensorsDtype> kDtypes = {
      {"F32", 4}, {"F64", 8}, {"BF16", 2}, {"I64", 8}, {"U8", 1}};
  return kDtypes;
}

std::uint64_t SafetensorsHeaderSize(const std::string& path, const std::string& first_bytes,
                                    std::uint64_t file_size) {
  if (file_size < 8 || first_bytes.size() < 8) FailSafetensors(path, "too short");
  std::uint64_t header_size = 0;
  for (std::size_t byte = 8; byte-- > 0;) {
    header_size = header_size << 8 | static_cast<unsigned char>(first_bytes[byte]);
  }
  if (header_size > kMaxHeader || header_size > file_size - 8) FailSafetensors(path, "too short");
  return header_size;
}

std::vector<SafetensorsEntry> ParseSafetensorsHeader(const std::string& path,
                                                     const std::string& text,
                                                     std::uint64_t data_size) {
  const auto header = ParseJson(text);
  if (!header.is_object()) FailSafetensors(path, "the header is not a JSON object");
  std::vector<SafetensorsEntry> entries;
  for (const auto& [name, item] : header.items()) {
    if (name != "__metadata__") entries.push_back(ParseEntry(path, name, item));
  }
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;  // empty tensors first
  });
  std::uint64_t position = 0;  // neither holes nor overlaps
  for (const auto& entry : entries) {
    if (entry.begin != position || entry.end < entry.begin || entry.end > data_size ||
        entry.end - entry.begin != ByteCount(path, entry)) {
      FailSafetensors(path, "the bytes of '" + entry.name + "' do not fit its shape or its place");
    }
    position = entry.end;
  }
  if (position != data_size) FailSafetensors(path, "there are bytes that belong to no tensor");
  return entries;
}

}  // namespace curl_rl::experiments
