// JSON files that know when they are damaged: the first member is a checksum of all the rest.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace curl_rl::experiments {

/// zlib's CRC-32.
std::uint32_t Crc32(const std::string& bytes);

/// Larger than any JSON file of this project: for ReadWholeFile.
constexpr std::int64_t kMaxJsonBytes = 64 << 20;

/// `text` as JSON; a discarded value if it is none, or nested deeper than any file of this project:
/// what copies and writes JSON recurses once a level.
nlohmann::json ParseJson(const std::string& text);

/// The same, whose members keep their order.
nlohmann::ordered_json ParseOrderedJson(const std::string& text);

/// The text of a file that holds `object`, with a member "crc32" in front of its own.
std::string CheckedJsonText(const nlohmann::json& object);

/// The object of such a text, without "crc32". Every changed, missing or added byte is noticed:
/// throws std::runtime_error "path: damaged: ...".
nlohmann::json ParseCheckedJson(const std::string& text, const std::string& path);

/// The integer, number, truth value that `json` is, which stands at `key`. Throws
/// nlohmann::json::type_error "... KEY is VALUE, a whole number is needed" for anything else; no
/// integers are fractions and numbers beyond 63 bits, which the library would convert.
std::int64_t WholeNumber(const nlohmann::json& json, const std::string& key);
double Number(const nlohmann::json& json, const std::string& key);
bool Flag(const nlohmann::json& json, const std::string& key);

}  // namespace curl_rl::experiments
