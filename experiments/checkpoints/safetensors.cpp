// Tensors to the bytes of a file, written atomically, and back by its checked header.
#include "experiments/checkpoints/safetensors.h"

#include <fcntl.h>

#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "experiments/checkpoints/safetensors_header.h"
#include "experiments/files/atomic_file.h"

namespace curl_rl::experiments {
namespace {

struct DtypeName {
  torch::ScalarType dtype;
  const char* name;  // one of SafetensorsDtypes()
};
constexpr DtypeName kDtypes[] = {{torch::kFloat32, "F32"},
                                 {torch::kFloat64, "F64"},
                                 {torch::kBFloat16, "BF16"},
                                 {torch::kInt64, "I64"},
                                 {torch::kUInt8, "U8"}};

const char* NameOf(torch::ScalarType dtype) {
  for (const auto& entry : kDtypes) {
    if (entry.dtype == dtype) return entry.name;
  }
  throw std::runtime_error(std::string("safetensors: cannot store a tensor of type ") +
                           c10::toString(dtype));
}

torch::ScalarType DtypeOf(const std::string& name) {
  for (const auto& entry : kDtypes) {
    if (name == entry.name) return entry.dtype;
  }
  throw std::logic_error("safetensors: dtype " + name + " is read but has no type of LibTorch's");
}

}  // namespace

void WriteSafetensors(const std::string& path, const replay::NamedTensors& tensors,
                      const std::map<std::string, std::string>& metadata) {
  auto header = nlohmann::json::object();
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
  OpenRegular(path);  // throws for what could have no end
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) ThrowErrno(path, "cannot open");
  const auto file_size = static_cast<std::uint64_t>(file.tellg());
  file.seekg(0);
  std::string first(8, '\0');
  if (!file.read(first.data(), 8)) FailSafetensors(path, "too short");
  const auto header_size = SafetensorsHeaderSize(path, first, file_size);
  std::string text(header_size, '\0');
  if (!file.read(text.data(), static_cast<std::streamsize>(header_size))) {
    FailSafetensors(path, "too short");
  }
  replay::NamedTensors tensors;
  for (const auto& entry : ParseSafetensorsHeader(path, text, file_size - 8 - header_size)) {
    auto tensor = torch::empty(entry.shape, DtypeOf(entry.dtype));
    if (!file.read(static_cast<char*>(tensor.data_ptr()),
                   static_cast<std::streamsize>(entry.end - entry.begin))) {
      FailSafetensors(path, "'" + entry.name + "' cannot be read");
    }
    tensors[entry.name] = tensor;
  }
  return tensors;
}

}  // namespace curl_rl::experiments
