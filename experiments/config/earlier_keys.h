// Keys as earlier versions of this program wrote them.
#pragma once

#include <string>

#include "envs/setting.h"
#include "experiments/config/yaml_source.h"

namespace curl_rl::experiments {

/// Today's name of a key.
struct KnownKey {
  std::string key;       // empty: there is no such key, nor was there
  bool earlier = false;  // it was another one
};

KnownKey FindKey(const std::string& key, const envs::Settings& all);

/// Today's value of a key whose values were renamed too: agent.contrastive. Throws UsageError if it
/// had none such. Other keys' values are as they were.
YAML::Node ValueToday(const std::string& earlier_key, const YAML::Node& value,
                      const YamlSource& source);

}  // namespace curl_rl::experiments
