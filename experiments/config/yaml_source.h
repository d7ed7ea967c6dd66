// YAML text from a file or an override, and how a message names a place in it.
#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>

namespace curl_rl::experiments {

/// Text to be parsed and what to call places in it.
struct YamlSource {
  std::string name;  // a file's path; for an override, its text
  bool is_file = true;

  /// "file:line:column", or "override '...'".
  std::string Place(const YAML::Mark& mark) const;

  /// Throws UsageError "place: message".
  [[noreturn]] void Fail(const YAML::Mark& mark, const std::string& message) const;
};

/// `text` as a message may show it: one short line without control characters.
std::string Shown(std::string text);

/// What stands at a node, for a message: "'many'", "a list", "nothing".
std::string Describe(const YAML::Node& node);

/// A whole unquoted number; nullopt for anything else, so also for inf, nan and 1e999.
std::optional<double> ParseNumber(const YAML::Node& node);

/// The one document in `text`. Throws UsageError if it is no YAML or has what no config needs:
/// several documents, anchors and aliases, deep nesting.
YAML::Node ParseYaml(const std::string& text, const YamlSource& source);

/// A text file of moderate size. Throws UsageError for anything else.
std::string ReadTextFile(const std::string& path);

}  // namespace curl_rl::experiments
