// Names of the registered environments, as parameters of tests.
#pragma once

#include <stdexcept>
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

/// Why the environment cannot be made here: it reads files from outside this program that are not
/// there. Empty: it can.
inline std::string Lacking(const std::string& name) {
  const EnvironmentInfo& info = Find(name);
  try {
    if (info.files) info.files({});
  } catch (const std::runtime_error&) {
    return "dm_control, whose model " + name + " has, is not installed";
  }
  return "";
}

}  // namespace curl_rl::envs
