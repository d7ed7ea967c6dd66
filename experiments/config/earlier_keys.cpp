// The one place that knows what keys were called before, beside the aliases of settings.
#include "experiments/config/earlier_keys.h"

#include <algorithm>
#include <utility>

#include "envs/nearest_name.h"
#include "experiments/config/config_schema.h"

namespace curl_rl::experiments {
namespace {

constexpr char kContrastive[] = "agent.contrastive";

// Until objectives had settings of their own there was one, CURL's, and its keys were the agent's.
constexpr std::pair<const char*, const char*> kRenamed[] = {
    {kContrastive, "agent.objectives"},
    {"agent.encoder_lr", "agent.curl.lr"},
    {"agent.contrastive_encoder_lr_scale", "agent.curl.encoder_lr_scale"},
    {"agent.contrastive_update_freq", "agent.curl.update_freq"}};

constexpr std::pair<const char*, const char*> kContrastiveToday[] = {{"infonce", "[curl]"},
                                                                     {"none", "[]"}};

}  // namespace

KnownKey FindKey(const std::string& key, const envs::Settings& all) {
  if (FindSetting(all, key) != nullptr) return {key, false};
  for (const auto& [earlier, today] : kRenamed) {
    if (key == earlier) return {today, true};
  }
  for (const envs::Setting& setting : all) {
    const auto& aliases = setting.aliases;
    if (std::find(aliases.begin(), aliases.end(), key) != aliases.end()) {
      return {setting.name, true};
    }
  }
  return {};
}

YAML::Node ValueToday(const std::string& earlier_key, const YAML::Node& value,
                      const YamlSource& source) {
  if (earlier_key != kContrastive) return value;
  std::vector<std::string> names;
  for (const auto& [name, today] : kContrastiveToday) {
    if (value.IsScalar() && value.Scalar() == name) return YAML::Load(today);
    names.emplace_back(name);
  }
  const std::string text = value.IsScalar() ? Shown(value.Scalar()) : "";
  source.Fail(value.Mark(), earlier_key + " cannot be " + Describe(value) +
                                ", allowed: infonce | none" + envs::DidYouMean(text, names) +
                                " (today agent.objectives: [curl] or [])");
}

}  // namespace curl_rl::experiments
