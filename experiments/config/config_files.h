// The configs that come with the program: experiments/configs/, installed as share/curl_rl/configs.
#pragma once

#include <string>
#include <vector>

namespace curl_rl::experiments {

/// `path` if there is such a file, else the one that is called so among the shipped configs
/// ("methods/curl.yaml"), else `path` again.
std::string ConfigPath(const std::string& path);

/// A config by its short name: <kind>/<name>.yaml of the shipped ones, kind "methods", "tasks",
/// "hardware" or "rendering"; "": there is none.
std::string ShippedConfig(const std::string& kind, const std::string& name);

/// The short names of a kind, sorted.
std::vector<std::string> ShippedConfigs(const std::string& kind);

}  // namespace curl_rl::experiments
