// Typed access to the keys of a map, each with its error.
#include "experiments/config/yaml_map.h"

#include <algorithm>
#include <limits>
#include <map>

namespace curl_rl::experiments {

YamlMap::YamlMap(const YAML::Node& node, const std::string& what,
                 const std::vector<std::string>& keys, const YamlSource& source)
    : node_(node), what_(what), source_(source) {
  if (!node.IsMap()) {
    source.Fail(node.Mark(), what + " must be a map of keys, got " + Describe(node));
  }
  std::map<std::string, YAML::Mark> seen;
  for (const auto& entry : node) {
    const YAML::Mark place = entry.first.Mark();
    if (!entry.first.IsScalar()) source.Fail(place, "a key must be a word");
    const std::string key = entry.first.Scalar();
    if (!seen.emplace(key, place).second) source.Fail(place, "duplicate key '" + Shown(key) + "'");
    if (keys.empty() || std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    std::string all;
    for (const std::string& known : keys) all += (all.empty() ? "" : ", ") + known;
    source.Fail(place, "unknown key '" + Shown(key) + "'" + envs::DidYouMean(Shown(key), keys) +
                           " (" + what + " may have " + all + ")");
  }
}

YAML::Node YamlMap::At(const std::string& key) const {
  YAML::Node value = node_[key];
  if (!value.IsDefined()) source_.Fail(node_.Mark(), what_ + " needs the key '" + key + "'");
  return value;
}

std::string YamlMap::Text(const std::string& key) const {
  const YAML::Node value = At(key);
  if (!value.IsScalar() || value.Scalar().empty()) {
    source_.Fail(value.Mark(), key + ": expected a word, got " + Describe(value));
  }
  return value.Scalar();
}

double YamlMap::Number(const std::string& key) const {
  const YAML::Node value = At(key);
  constexpr double kBeyondAll = std::numeric_limits<double>::infinity();
  if (value.IsScalar() && value.Scalar() == ".inf") return kBeyondAll;
  if (value.IsScalar() && value.Scalar() == "-.inf") return -kBeyondAll;
  const std::optional<double> number = ParseNumber(value);
  if (!number) source_.Fail(value.Mark(), key + ": expected a number, got " + Describe(value));
  return *number;
}

double YamlMap::Number(const std::string& key, double when_missing) const {
  return Has(key) ? Number(key) : when_missing;
}

std::pair<double, double> YamlMap::TwoNumbers(const std::string& key) const {
  const YAML::Node value = At(key);
  if (value.IsSequence() && value.size() == 2) {
    const std::optional<double> first = ParseNumber(value[0]);
    const std::optional<double> second = ParseNumber(value[1]);
    if (first && second) return {*first, *second};
  }
  source_.Fail(value.Mark(), key + ": expected two numbers [a, b], got " + Describe(value));
}

std::vector<YAML::Node> ListOf(const YAML::Node& node, const std::string& what,
                               const YamlSource& source) {
  if (!node.IsSequence() || node.size() == 0) {
    source.Fail(node.Mark(), what + " must be a list of at least one, got " + Describe(node));
  }
  return {node.begin(), node.end()};
}

}  // namespace curl_rl::experiments
