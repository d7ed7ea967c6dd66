// Puts the checksum in front, and takes it off only if it is right.
#include "experiments/files/checked_json.h"

#include <zlib.h>

#include <cstdio>
#include <limits>
#include <stdexcept>

namespace curl_rl::experiments {
namespace {

// The text begins with this; the checksum is that of the text with these zeros.
constexpr char kHead[] = "{\n  \"crc32\": \"00000000\",\n";
constexpr std::size_t kHeadSize = sizeof kHead - 1;
constexpr std::size_t kDigitsAt = 14;
constexpr std::size_t kDigits = 8;
constexpr int kMaxDepth = 32;  // a manifest needs 5

std::string Hex(std::uint32_t value) {
  char text[kDigits + 1];
  std::snprintf(text, sizeof text, "%08x", value);
  return text;
}

[[noreturn]] void FailType(const nlohmann::json& json, const std::string& key, const char* needed) {
  constexpr std::size_t kShown = 40;
  std::string value = json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  if (value.size() > kShown) value = value.substr(0, kShown) + "...";
  throw nlohmann::json::type_error::create(302, key + " is " + value + ", " + needed + " is needed",
                                           &json);
}

template <typename Json>
Json Parse(const std::string& text) {
  bool too_deep = false;
  const auto note_depth = [&](int depth, typename Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > kMaxDepth;
    return !too_deep;  // what is too deep is not stored
  };
  Json json = Json::parse(text, note_depth, /*allow_exceptions=*/false);
  return too_deep ? Json(Json::value_t::discarded) : json;
}

}  // namespace

std::uint32_t Crc32(const std::string& bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

nlohmann::json ParseJson(const std::string& text) { return Parse<nlohmann::json>(text); }

nlohmann::ordered_json ParseOrderedJson(const std::string& text) {
  return Parse<nlohmann::ordered_json>(text);
}

std::string CheckedJsonText(const nlohmann::json& object) {
  if (!object.is_object() || object.empty()) {
    throw std::logic_error("checked JSON: an object with members is needed");
  }
  std::string text = kHead + object.dump(2).substr(2) + "\n";
  return text.replace(kDigitsAt, kDigits, Hex(Crc32(text)));
}

nlohmann::json ParseCheckedJson(const std::string& text, const std::string& path) {
  std::string zeroed = text;
  if (text.size() > kHeadSize) zeroed.replace(kDigitsAt, kDigits, kDigits, '0');
  if (zeroed.compare(0, kHeadSize, kHead) != 0) {
    throw std::runtime_error(path + ": damaged: it does not begin with its checksum");
  }
  if (text.substr(kDigitsAt, kDigits) != Hex(Crc32(zeroed))) {
    throw std::runtime_error(path + ": damaged: its bytes do not have its checksum");
  }
  auto object = ParseJson(text);
  if (!object.is_object()) throw std::runtime_error(path + ": damaged: not a JSON object");
  object.erase("crc32");
  return object;
}

std::int64_t WholeNumber(const nlohmann::json& json, const std::string& key) {
  const bool too_large = json.is_number_unsigned() &&
                         json.get<std::uint64_t>() >
                             static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!json.is_number_integer() || too_large) FailType(json, key, "a whole number");
  return json.get<std::int64_t>();
}

double Number(const nlohmann::json& json, const std::string& key) {
  if (!json.is_number()) FailType(json, key, "a number");
  return json.get<double>();
}

bool Flag(const nlohmann::json& json, const std::string& key) {
  if (!json.is_boolean()) FailType(json, key, "true or false");
  return json.get<bool>();
}

}  // namespace curl_rl::experiments
