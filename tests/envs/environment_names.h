// Names of the registered environments, as parameters of tests.
#pragma once

#include <string>
#include <vector>

#include "envs/registry.h"

namespace curl_rl::envs {

inline std::vector<std::string> AllNames() {
  std::vector<std::string> names;
  for (const EnvironmentInfo& info : Environments()) names.push_back(info.name);
  return names;
}

/// The first of those that have a source (and so a model) in common.
inline std::vector<std::string> OneNameOfEachModel() {
  std::vector<std::string> names;
  std::string last_source;
  for (const EnvironmentInfo& info : Environments()) {
    if (info.source != last_source) names.push_back(info.name);
    last_source = info.source;
  }
  return names;
}

}  // namespace curl_rl::envs
