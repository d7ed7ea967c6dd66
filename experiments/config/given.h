// What files and overrides say, key by key, checked against the keys there are but not yet applied.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "experiments/config/config_schema.h"
#include "experiments/config/setting_value.h"
#include "experiments/config/yaml_source.h"

namespace curl_rl::experiments {

/// One key with its value.
struct Given {
  std::string key;  // today's
  ParsedValue value;
  std::string place;         // "file:line:column" or "override '...'"
  std::string folder;        // that paths in it are relative to
  std::string task = "";     // for this task only; empty: for every task
  bool earlier_key = false;  // it came under the name of an earlier version
};

/// The keys of the YAML text of the file at `path`, in order. `tasks: {NAME: {...}}` holds what is
/// for one task only. Throws UsageError for text that is no map of known keys with allowed values,
/// each once.
std::vector<Given> GivenByFile(const std::string& text, const std::string& path,
                               const EveryKey& keys);

/// What the file says under `plugins`, to be loaded before its other keys are read: objectives
/// bring keys. Nothing where it says nothing, or not as it must: GivenByFile tells.
std::optional<std::vector<std::string>> PluginsOfFile(const std::string& text,
                                                      const std::string& path);

/// The key of "dotted.key=value". Throws UsageError as above.
Given GivenByOverride(const std::string& text, const EveryKey& keys);

}  // namespace curl_rl::experiments
