// Every key of a config: how it is listed, found and written. What a key is stands beside the
// struct that holds it (envs/setting.h).
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "experiments/config/config.h"

namespace curl_rl::experiments {

/// "integer", "number", "true or false", "text", "list of texts" or "list of names".
std::string TypeName(const envs::Setting& setting);

/// "1 .. 65536", "reference | joint"; empty if anything goes.
std::string AllowedText(const envs::Setting& setting);

/// The value as YAML that reads back to the same value: numbers in their shortest exact form, text
/// quoted where YAML would take it for something else.
std::string ValueText(const envs::Setting& setting);

/// The setting with this key; null: there is none.
const envs::Setting* FindSetting(const envs::Settings& settings, const std::string& key);

/// The resolved config as YAML: every key of the parts that are chosen.
std::string WriteConfig(const ExperimentConfig& config);

/// Every key there is, whatever is chosen. Throws std::logic_error if one is described twice.
class EveryKey {
 public:
  EveryKey();
  EveryKey(const EveryKey&) = delete;
  EveryKey& operator=(const EveryKey&) = delete;

  /// Of configs in which every part is chosen once.
  const envs::Settings& settings() const { return settings_; }

  /// Whether `key` is a map of keys, as "agent" and "agent.sac" are.
  bool IsSection(const std::string& key) const;

  /// "agent.lr belongs to 'curl', which agent.objectives, now [], does not choose": for a key that
  /// `config` does not have.
  static std::string WhyNotThere(const std::string& key, const ExperimentConfig& config);

  /// The key that would have to choose the part which `key` is a setting of ("agent.objectives" of
  /// "agent.curl.lr"); "": none.
  static std::string ChooserOf(const std::string& key, const ExperimentConfig& config);

 private:
  std::deque<ExperimentConfig> configs_;  // the settings are bound to them
  envs::Settings settings_;
};

}  // namespace curl_rl::experiments
