#include "experiments/config_reader.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>

#include "envs/nearest_name.h"
#include "experiments/config_schema.h"

namespace curl_rl::experiments {
namespace {

constexpr std::size_t kMaxFileBytes = 256 * 1024;
constexpr int kMaxDepth = 4;  // a config needs 2: agent and its keys, or plugins and its items

// `text` as a message may show it: one short line without control characters.
std::string Shown(std::string text) {
  constexpr std::size_t kLongest = 60;
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
  for (char& c : text) {
    if (std::iscntrl(static_cast<unsigned char>(c))) c = '?';
  }
  return text;
}

// Text to be parsed and what to call places in it.
struct Source {
  std::string name;  // a file's path; for an override, its text
  bool is_file = true;

  std::string Place(const YAML::Mark& mark) const {
    if (!is_file) return "override '" + Shown(name) + "'";
    if (mark.is_null()) return name;
    return name + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1);
  }

  [[noreturn]] void Fail(const YAML::Mark& mark, const std::string& message) const {
    throw UsageError(Place(mark) + ": " + message);
  }
};

// Runs before the document is built: aliases can blow a small file up to any size, and the parser
// recurses once a level.
class PlainYamlCheck : public YAML::EventHandler {
 public:
  explicit PlainYamlCheck(const Source& source) : source_(source) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) source_.Fail(mark, "a config is one YAML document, here starts another");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { NoAnchor(mark, anchor); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override { NoAnchor(mark, anchor); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                const std::string&) override {
    NoAnchor(mark, anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Enter(mark, anchor);
  }
  void OnSequenceEnd() override { --depth_; }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Enter(mark, anchor);
  }
  void OnMapEnd() override { --depth_; }

 private:
  void NoAnchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      source_.Fail(mark, "anchors (&) and aliases (*) are not allowed in a config");
    }
  }
  void Enter(const YAML::Mark& mark, YAML::anchor_t anchor) {
    NoAnchor(mark, anchor);
    if (++depth_ > kMaxDepth) source_.Fail(mark, "nested too deeply for a config");
  }

  const Source& source_;
  int documents_ = 0;
  int depth_ = 0;
};

YAML::Node Parse(const std::string& text, const Source& source) {
  try {
    PlainYamlCheck check(source);
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(check)) {
    }
    return YAML::Load(text);
  } catch (const YAML::Exception& error) {
    source.Fail(error.mark, "not valid YAML: " + error.msg);
  }
}

std::string ReadFile(const std::string& path) {
  if (std::filesystem::is_directory(path)) {
    throw UsageError(path + ": is a directory, a YAML config is needed");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) throw UsageError(path + ": cannot be read: " + std::strerror(errno));
  std::string text(kMaxFileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMaxFileBytes) {
    throw UsageError(path + ": larger than " + std::to_string(kMaxFileBytes) +
                     " bytes, not a config");
  }
  if (text.find('\0') != std::string::npos) throw UsageError(path + ": not a text file");
  return text;
}

// --- One value -----------------------------------------------------------------------------------

std::string Describe(const YAML::Node& node) {
  if (node.IsMap()) return "a map of keys";
  if (node.IsSequence()) return "a list";
  if (node.IsNull()) return "nothing";
  const std::string text = Shown(node.Scalar());
  return node.Tag() == "!" ? "text \"" + text + "\"" : "'" + text + "'";
}

// A whole unquoted number; nullopt for anything else, so also for inf, nan and 1e999.
std::optional<double> ParseNumber(const YAML::Node& node) {
  if (!node.IsScalar() || node.Tag() == "!") return std::nullopt;
  const std::string& text = node.Scalar();
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

// Digits, or another spelling (1e5, 2.0) of a number that is integral and that double holds
// exactly.
std::optional<std::int64_t> ParseInteger(const YAML::Node& node) {
  const std::optional<double> number = ParseNumber(node);
  if (!number) return std::nullopt;
  const std::string& text = node.Scalar();
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (std::trunc(*number) != *number || std::abs(*number) > kExact) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

void Assign(const Field& field, const YAML::Node& node, const Source& source) {
  std::string allowed = AllowedText(field);
  if (!allowed.empty()) allowed = " (" + allowed + ")";
  const auto wrong_type = [&] {
    source.Fail(node.Mark(),
                field.key + ": expected " + TypeName(field) + allowed + ", got " + Describe(node));
  };
  const auto check_range = [&](double value) {
    if (field.allowed.has_range() && !(value >= field.allowed.min && value <= field.allowed.max)) {
      source.Fail(node.Mark(), field.key + " is out of range: got " + node.Scalar() + ", allowed " +
                                   AllowedText(field) +
                                   (field.unit.empty() ? "" : " " + field.unit));
    }
  };
  if (auto* integer = std::get_if<std::int64_t*>(&field.value)) {
    const auto value = ParseInteger(node);
    if (!value) wrong_type();
    check_range(static_cast<double>(*value));
    **integer = *value;
  } else if (auto* number = std::get_if<double*>(&field.value)) {
    const auto value = ParseNumber(node);
    if (!value) wrong_type();
    check_range(*value);
    **number = *value;
  } else if (auto* boolean = std::get_if<bool*>(&field.value)) {
    const std::string text = node.IsScalar() && node.Tag() != "!" ? node.Scalar() : "";
    if (text != "true" && text != "false") wrong_type();
    **boolean = text == "true";
  } else if (auto* string = std::get_if<std::string*>(&field.value)) {
    if (!node.IsScalar()) wrong_type();
    const auto& choices = field.allowed.choices;
    if (!choices.empty() &&
        std::find(choices.begin(), choices.end(), node.Scalar()) == choices.end()) {
      source.Fail(node.Mark(), field.key + " cannot be " + Describe(node) +
                                   ", allowed: " + AllowedText(field) + " (nearest: '" +
                                   envs::NearestName(node.Scalar(), choices) + "')");
    }
    **string = node.Scalar();
  } else {
    auto& list = *std::get<std::vector<std::string>*>(field.value);
    if (!node.IsSequence()) wrong_type();
    list.clear();
    for (const YAML::Node& item : node) {
      if (!item.IsScalar()) wrong_type();
      list.push_back(item.Scalar());
    }
  }
}

// --- All keys ------------------------------------------------------------------------------------

using Places = std::map<std::string, std::string>;  // key -> where it was given

bool IsSection(const std::vector<Field>& fields, const std::string& key) {
  return std::any_of(fields.begin(), fields.end(),
                     [&](const Field& field) { return field.key.rfind(key + ".", 0) == 0; });
}

const Field& FindField(const std::vector<Field>& fields, const std::string& key,
                       const YAML::Mark& mark, const Source& source) {
  std::vector<std::string> names;
  for (const Field& field : fields) {
    if (field.key == key) return field;
    names.push_back(field.key);
  }
  // A key at the wrong level (batch_size for agent.batch_size) is nearer than any spelling.
  std::string nearest = envs::NearestName(Shown(key), names);
  const std::string leaf = key.substr(key.rfind('.') + 1);
  for (const std::string& name : names) {
    if (name.substr(name.rfind('.') + 1) == leaf) nearest = name;
  }
  source.Fail(mark, "unknown key '" + Shown(key) + "'" +
                        (nearest.empty() ? "" : ", did you mean '" + nearest + "'?") +
                        " (`curl-rl config` lists every key)");
}

void AssignMap(const std::vector<Field>& fields, const YAML::Node& map, const std::string& prefix,
               const Source& source, Places& places) {
  for (const auto& entry : map) {
    const YAML::Mark mark = entry.first.Mark();
    if (!entry.first.IsScalar()) source.Fail(mark, "a key must be a word");
    const std::string key = prefix + entry.first.Scalar();
    if (entry.first.Scalar().find('.') != std::string::npos) {
      source.Fail(mark, "'" + Shown(key) +
                            "': dots are for overrides, a file has nested maps (agent:, " +
                            "then its keys indented)");
    }
    const auto [earlier, first_time] = places.emplace(key, source.Place(mark));
    if (!first_time) source.Fail(mark, "duplicate key '" + key + "', first at " + earlier->second);
    if (prefix.empty() && IsSection(fields, key)) {
      if (!entry.second.IsMap()) {
        source.Fail(entry.second.Mark().is_null() ? mark : entry.second.Mark(),
                    key + " must be a map of keys, got " + Describe(entry.second));
      }
      AssignMap(fields, entry.second, key + ".", source, places);
    } else {
      Assign(FindField(fields, key, mark, source), entry.second, source);
    }
  }
}

void ApplyOverride(const std::vector<Field>& fields, const std::string& text, Places& places) {
  const Source source{text, false};
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    source.Fail({}, "must have the form key=value, e.g. agent.batch_size=128");
  }
  const std::string key = text.substr(0, equals);
  if (IsSection(fields, key)) {
    source.Fail({}, "'" + key + "' is a map of keys; override one of them, e.g. " + key + ".…=…");
  }
  const Field& field = FindField(fields, key, {}, source);
  const std::string value = text.substr(equals + 1);
  // Text is taken as it stands, so that a path needs no YAML quoting.
  const bool is_text = std::holds_alternative<std::string*>(field.value);
  Assign(field, is_text ? YAML::Node(value) : Parse(value, source), source);
  places[key] = source.Place({});
}

}  // namespace

ExperimentConfig ReadConfig(const std::string& path, const std::vector<std::string>& overrides) {
  ExperimentConfig config;
  const std::vector<Field> fields = Fields(config);
  Places places;
  if (!path.empty()) {
    const Source source{path};
    const YAML::Node root = Parse(ReadFile(path), source);
    if (!root.IsMap() && !root.IsNull()) {
      source.Fail(root.Mark(), "a config must be a map of keys, got " + Describe(root));
    }
    AssignMap(fields, root, "", source, places);
  }
  for (const std::string& text : overrides) ApplyOverride(fields, text, places);
  try {
    Validate(config);
  } catch (const ConfigError& error) {
    const auto place = places.find(error.key());
    if (place != places.end()) throw UsageError(place->second + ": " + error.what());
    throw UsageError(path.empty() ? error.what() : path + ": " + error.what());
  }
  return config;
}

std::string RunDirectoryOf(const ExperimentConfig& config) {
  if (!config.run_dir.empty()) return config.run_dir;
  return "runs/" + config.task + "/" + config.method + "/seed_" + std::to_string(config.seed);
}

}  // namespace curl_rl::experiments
