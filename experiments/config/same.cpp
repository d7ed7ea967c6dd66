// Compares configs by the roles of their settings.
#include "experiments/config/same.h"

#include "experiments/config/config_schema.h"
#include "experiments/config/setting_value.h"

namespace curl_rl::experiments {

using envs::Role;

bool Counts(Same question, Role role) {
  switch (question) {
    case Same::kRun:
      return role == Role::kTask || role == Role::kOutcome;
    case Same::kMethod:
      return role == Role::kOutcome;
    case Same::kFolder:
      return role == Role::kTask || role == Role::kOutcome || role == Role::kBudget;
  }
  return true;
}

SettingTexts SettingsThatCount(const ExperimentConfig& config, Same question) {
  ExperimentConfig copy = config;  // a description binds to a config that it could change
  SettingTexts texts;
  for (const auto& setting : copy.Describe()) {
    if (Counts(question, setting.role)) texts[setting.name] = ValueText(setting);
  }
  return texts;
}

std::string Difference(const ExperimentConfig& there, const ExperimentConfig& asked,
                       Same question) {
  const SettingTexts asked_texts = SettingsThatCount(asked, question);
  ExperimentConfig copy = there;
  // In the order of the description, so that the choice of a part is named before its settings.
  for (const auto& setting : copy.Describe()) {
    const auto found = asked_texts.find(setting.name);
    if (found == asked_texts.end() || found->second == ValueText(setting)) continue;
    return setting.name + " is " + ValueText(setting) + " there, asked for is " + found->second;
  }
  return "";
}

void TakeSettings(Role role, const ExperimentConfig& other, ExperimentConfig& config) {
  ExperimentConfig copy = other;
  const envs::Settings from = copy.Describe();
  for (const auto& setting : config.Describe()) {
    if (setting.role != role) continue;
    const auto* given = FindSetting(from, setting.name);
    if (given != nullptr) CopyValue(*given, setting);
  }
}

Role RoleOf(const std::string& key) {
  const EveryKey keys;
  const auto* setting = FindSetting(keys.settings(), key);
  return setting == nullptr ? Role::kOutcome : setting->role;
}

}  // namespace curl_rl::experiments
