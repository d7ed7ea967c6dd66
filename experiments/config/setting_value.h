// From a YAML value to a setting's: parsed and checked first, then set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "envs/setting.h"
#include "experiments/config/yaml_source.h"

namespace curl_rl::experiments {

/// What a setting may hold; a choice is the index of its name.
using ParsedValue =
    std::variant<std::int64_t, double, bool, std::string, std::vector<std::string>, std::size_t>;

/// What `node` says the setting is to be. Throws UsageError with the place in `source` if it is of
/// another type, out of range or none of the choices.
ParsedValue ParseValue(const envs::Setting& setting, const YAML::Node& node,
                       const YamlSource& source);

/// Sets what was parsed for a setting of this key.
void SetValue(const envs::Setting& setting, const ParsedValue& value);

/// Gives `to` the value of `from`, a setting of the same key.
void CopyValue(const envs::Setting& from, const envs::Setting& to);

}  // namespace curl_rl::experiments
