#include "experiments/safetensors.h"

#include <fcntl.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "experiments/atomic_file.h"

namespace curl_rl::experiments {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMaxHeader = 100'000'000;  // the format's own limit

struct DtypeName {
  torch::ScalarType dtype;
  const char* name;
};
constexpr DtypeName kDtypes[] = {{torch::kFloat32, "F32"},
                                 {torch::kFloat64, "F64"},
                                 {torch::kBFloat16, "BF16"},
                                 {torch::kInt64, "I64"},
                                 {torch::kUInt8, "U8"}};

[[noreturn]] void Fail(const std::string& path, const std::string& what) {
  throw std::runtime_error(path + ": not a usable safetensors file: " + what);
}

const char* NameOf(torch::ScalarType dtype) {
  for (const auto& entry : kDtypes) {
    if (entry.dtype == dtype) return entry.name;
  }
  throw std::runtime_error(std::string("safetensors: cannot store a tensor of type ") +
                           c10::toString(dtype));
}

torch::ScalarType DtypeOf(const std::string& path, const std::string& name) {
  for (const auto& entry : kDtypes) {
    if (name == entry.name) return entry.dtype;
  }
  Fail(path, "unknown dtype '" + name + "'");
}

struct Entry {
  std::string name;
  torch::ScalarType dtype;
  std::vector<std::int64_t> shape;
  std::uint64_t begin, end;  // in the data section
};

Entry ParseEntry(const std::string& path, const std::string& name, const json& item) {
  try {
    const auto offsets = item.at("data_offsets").get<std::vector<std::uint64_t>>();
    if (offsets.size() != 2) Fail(path, "'" + name + "' has no two offsets");
    return {name, DtypeOf(path, item.at("dtype").get<std::string>()),
            item.at("shape").get<std::vector<std::int64_t>>(), offsets[0], offsets[1]};
  } catch (const json::exception& error) {
    Fail(path, "entry '" + name + "': " + error.what());
  }
}

// Bytes of an entry by its shape; fails on negative sizes and overflow.
std::uint64_t ByteCount(const std::string& path, const Entry& entry) {
  std::uint64_t count = c10::elementSize(entry.dtype);
  for (const auto size : entry.shape) {
    if (size < 0 || __builtin_mul_overflow(count, static_cast<std::uint64_t>(size), &count)) {
      Fail(path, "'" + entry.name + "' has an impossible shape");
    }
  }
  return count;
}

std::vector<Entry> ParseHeader(const std::string& path, const std::string& text,
                               std::uint64_t data_size) {
  const auto header = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!header.is_object()) Fail(path, "the header is not a JSON object");
  std::vector<Entry> entries;
  for (const auto& [name, item] : header.items()) {
    if (name != "__metadata__") entries.push_back(ParseEntry(path, name, item));
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.begin < b.begin; });
  std::uint64_t position = 0;  // neither holes nor overlaps
  for (const auto& entry : entries) {
    if (entry.begin != position || entry.end < entry.begin || entry.end > data_size ||
        entry.end - entry.begin != ByteCount(path, entry)) {
      Fail(path, "the bytes of '" + entry.name + "' do not fit its shape or its place");
    }
    position = entry.end;
  }
  if (position != data_size) Fail(path, "there are bytes that belong to no tensor");
  return entries;
}

}  // namespace

void WriteSafetensors(const std::string& path, const replay::NamedTensors& tensors,
                      const std::map<std::string, std::string>& metadata) {
  json header = json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t position = 0;
  for (const auto& [name, tensor] : tensors) {
    const std::uint64_t end = position + tensor.nbytes();
    header[name] = {{"dtype", NameOf(tensor.scalar_type())},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {position, end}}};
    position = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // tensors start on a multiple of 8 bytes
  std::string length(8, '\0');
  for (int byte = 0; byte < 8; ++byte) {
    length[static_cast<std::size_t>(byte)] = static_cast<char>(text.size() >> (8 * byte));
  }
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (file.get() < 0) ThrowErrno(path, "cannot create");
  WriteAll(file, length + text, path);
  for (const auto& [name, tensor] : tensors) {
    const auto bytes = tensor.detach().to(torch::kCPU).contiguous();
    WriteAll(file, bytes.data_ptr(), bytes.nbytes(), path);
  }
  Sync(file, path);
}

replay::NamedTensors ReadSafetensors(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) ThrowErrno(path, "cannot open");
  const auto file_size = static_cast<std::uint64_t>(file.tellg());
  file.seekg(0);
  unsigned char length[8] = {};
  if (file_size < 8 || !file.read(reinterpret_cast<char*>(length), 8)) Fail(path, "too short");
  std::uint64_t header_size = 0;
  for (int byte = 7; byte >= 0; --byte) header_size = header_size << 8 | length[byte];
  if (header_size > kMaxHeader || header_size > file_size - 8) Fail(path, "too short");
  std::string text(header_size, '\0');
  if (!file.read(text.data(), static_cast<std::streamsize>(header_size))) Fail(path, "too short");

  replay::NamedTensors tensors;
  for (const auto& entry : ParseHeader(path, text, file_size - 8 - header_size)) {
    auto tensor = torch::empty(entry.shape, entry.dtype);
    if (!file.read(static_cast<char*>(tensor.data_ptr()),
                   static_cast<std::streamsize>(entry.end - entry.begin))) {
      Fail(path, "'" + entry.name + "' cannot be read");
    }
    tensors[entry.name] = tensor;
  }
  return tensors;
}

}  // namespace curl_rl::experiments
