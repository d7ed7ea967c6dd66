// A map of a YAML file whose keys are known: every access says what is wrong and where.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "envs/nearest_name.h"
#include "experiments/config/usage_error.h"
#include "experiments/config/yaml_source.h"

namespace curl_rl::experiments {

class YamlMap {
 public:
  /// `what` names the map in messages. Throws UsageError if `node` is no map, or has a key twice or
  /// one that is not in `keys` (empty: any word), for which it proposes the nearest.
  YamlMap(const YAML::Node& node, const std::string& what, const std::vector<std::string>& keys,
          const YamlSource& source);

  YAML::Mark mark() const { return node_.Mark(); }
  bool Has(const std::string& key) const { return node_[key].IsDefined(); }

  /// The value of a key; each of these throws UsageError if it is missing or of another kind.
  YAML::Node At(const std::string& key) const;
  std::string Text(const std::string& key) const;
  double Number(const std::string& key) const;  // finite, .inf or -.inf
  double Number(const std::string& key, double when_missing) const;
  std::pair<double, double> TwoNumbers(const std::string& key) const;  // [a, b], finite

  /// The one of `choices` (pairs of name and value) that the key names.
  template <typename Value>
  Value Choice(const std::string& key,
               const std::vector<std::pair<std::string, Value>>& choices) const {
    const std::string text = Text(key);
    std::vector<std::string> names;
    std::string all;
    for (const auto& [name, value] : choices) {
      if (name == text) return value;
      names.push_back(name);
      all += (all.empty() ? "" : " | ") + name;
    }
    source_.Fail(At(key).Mark(), key + " cannot be " + Describe(At(key)) + ", allowed: " + all +
                                     envs::DidYouMean(text, names));
  }

 private:
  const YAML::Node node_;
  std::string what_;
  const YamlSource& source_;
};

/// The items of a list of at least one; `what` names it in messages.
std::vector<YAML::Node> ListOf(const YAML::Node& node, const std::string& what,
                               const YamlSource& source);

}  // namespace curl_rl::experiments
