// Sizes and checksums of files to JSON and back; every wrong word of it is refused.
#include "experiments/checkpoints/checkpoint_manifest.h"

#include <zlib.h>

#include <cstdio>
#include <stdexcept>
#include <vector>

#include "experiments/files/atomic_file.h"
#include "experiments/files/checked_json.h"

namespace curl_rl::experiments {
namespace {

using nlohmann::json;

constexpr int kFormat = 2;
constexpr char kHeadOfFormat1[] = "{\n  \"files\":";  // its members were in alphabetical order

// A name that cannot lead out of the checkpoint's folder.
bool IsPlainName(const std::string& name) {
  return !name.empty() && name.front() != '.' && name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

json ParseAnyFormat(const std::string& text, const std::string& path) {
  if (text.rfind(kHeadOfFormat1, 0) != 0) return ParseCheckedJson(text, path);
  auto object = ParseJson(text);
  if (!object.is_object() || !object.contains("format") || object["format"] != 1) {
    throw std::runtime_error(path + ": damaged: not a checkpoint's manifest");
  }
  return object;
}

}  // namespace

std::string Fingerprint::Text() const {
  char text[64];
  std::snprintf(text, sizeof text, "%lld bytes, CRC-32 %08x", static_cast<long long>(bytes), crc32);
  return text;
}

Fingerprint FingerprintOf(const std::string& path) {
  const FileDescriptor file = OpenRegular(path);
  std::vector<unsigned char> buffer(1 << 20);
  Fingerprint found;
  uLong crc = ::crc32(0, nullptr, 0);
  while (const std::size_t count = ReadSome(file, buffer.data(), buffer.size(), path)) {
    crc = ::crc32(crc, buffer.data(), static_cast<uInt>(count));
    found.bytes += static_cast<std::int64_t>(count);
  }
  found.crc32 = static_cast<std::uint32_t>(crc);
  return found;
}

std::string ManifestText(const CheckpointManifest& manifest) {
  json files = json::object();
  for (const auto& [name, fingerprint] : manifest.files) {
    files[name] = {{"bytes", fingerprint.bytes}, {"crc32", fingerprint.crc32}};
  }
  return CheckedJsonText({{"format", kFormat}, {"files", files}, {"state", manifest.state}});
}

CheckpointManifest ParseManifest(const std::string& text, const std::string& path) {
  const auto object = ParseAnyFormat(text, path);
  try {
    const auto format = WholeNumber(object.at("format"), "format");
    if (format < 1 || format > kFormat) {
      throw std::runtime_error(path + ": format " + std::to_string(format) +
                               ", this program reads formats 1 to " + std::to_string(kFormat));
    }
    CheckpointManifest manifest;
    manifest.state = object.at("state");
    for (const auto& [name, item] : object.at("files").items()) {
      if (!IsPlainName(name))
        throw std::runtime_error(path + ": damaged: a file named '" + name + "'");
      const auto number = [file = name, &entry = item](const char* key) {
        return WholeNumber(entry.at(key), file + ": " + key);
      };
      manifest.files[name] = {number("bytes"), static_cast<std::uint32_t>(number("crc32"))};
    }
    return manifest;
  } catch (const json::exception& error) {
    throw std::runtime_error(path + ": damaged: not a checkpoint's manifest: " + error.what());
  }
}

}  // namespace curl_rl::experiments
