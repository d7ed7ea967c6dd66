// Walks the YAML document and the overrides key by key, then checks the whole.
#include "experiments/config/config_reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>

#include "envs/nearest_name.h"
#include "experiments/config/config_schema.h"
#include "experiments/config/plugins.h"
#include "experiments/config/yaml_source.h"

namespace curl_rl::experiments {
namespace {

// --- One value -----------------------------------------------------------------------------------

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

void Assign(const Field& field, const YAML::Node& node, const YamlSource& source) {
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
                                   ", allowed: " + AllowedText(field) +
                                   envs::DidYouMean(Shown(node.Scalar()), choices));
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
                       const YAML::Mark& mark, const YamlSource& source) {
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
               const YamlSource& source, Places& places) {
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
  const YamlSource source{text, false};
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
  Assign(field, is_text ? YAML::Node(value) : ParseYaml(value, source), source);
  places[key] = source.Place({});
}

// --- Environments from files ---------------------------------------------------------------------

void MakePathsAbsolute(ExperimentConfig& config, const std::filesystem::path& folder) {
  const auto absolute = [&](std::string& path) {
    if (!path.empty()) path = std::filesystem::absolute(folder / path).lexically_normal().string();
  };
  for (std::string& plugin : config.plugins) absolute(plugin);
  if (IsTaskFile(config.task)) absolute(config.task);
}

void LoadEnvironments(ExperimentConfig& config) {
  const auto load = [](const char* key, const std::string& path) {
    try {
      return LoadPlugin(path);
    } catch (const UsageError& error) {
      throw ConfigError(key, error.what());
    }
  };
  for (const std::string& plugin : config.plugins) load("plugins", plugin);
  if (!IsTaskFile(config.task)) return;
  config.plugins.push_back(config.task);
  config.task = load("task", config.task).front();
}

}  // namespace

ExperimentConfig ReadConfig(const std::string& path, const std::vector<std::string>& overrides,
                            const std::vector<std::string>& plugins) {
  return ParseConfig(path.empty() ? "" : ReadTextFile(path), path, overrides, plugins);
}

ExperimentConfig ParseConfig(const std::string& text, const std::string& path,
                             const std::vector<std::string>& overrides,
                             const std::vector<std::string>& plugins) {
  ExperimentConfig config;
  const std::vector<Field> fields = Fields(config);
  Places places;
  const YamlSource source{path};
  const YAML::Node root = ParseYaml(text, source);
  if (!root.IsMap() && !root.IsNull()) {
    source.Fail(root.Mark(), "a config must be a map of keys, got " + Describe(root));
  }
  AssignMap(fields, root, "", source, places);
  MakePathsAbsolute(config, std::filesystem::path(path).parent_path());
  for (const std::string& change : overrides) ApplyOverride(fields, change, places);
  if (!plugins.empty()) {
    config.plugins = plugins;
    places["plugins"] = "--plugin";
  }
  MakePathsAbsolute(config, "");
  try {
    LoadEnvironments(config);
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
