// manifest.json of a checkpoint: what its files must be, and the state that is no tensor.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace curl_rl::experiments {

/// Size and CRC-32 of a file.
struct Fingerprint {
  std::int64_t bytes = 0;
  std::uint32_t crc32 = 0;

  bool operator==(const Fingerprint& other) const {
    return bytes == other.bytes && crc32 == other.crc32;
  }
  std::string Text() const;  // "120 bytes, CRC-32 1a2b3c4d"
};

/// Of the file at `path`. Throws FileError.
Fingerprint FingerprintOf(const std::string& path);

// NOLINTNEXTLINE(bugprone-exception-escape): moving JSON throws nothing
struct CheckpointManifest {
  std::map<std::string, Fingerprint> files;  // by name, all in the checkpoint's own folder
  nlohmann::json state;
};

/// The manifest's text, in the newest format.
std::string ManifestText(const CheckpointManifest& manifest);

/// The manifest of a text of any format this program knows: 2, and 1, which had no checksum of its
/// own. Throws std::runtime_error that begins with `path` for anything else.
CheckpointManifest ParseManifest(const std::string& text, const std::string& path);

}  // namespace curl_rl::experiments
