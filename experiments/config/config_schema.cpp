// How settings are listed, found and written.
#include "experiments/config/config_schema.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <set>
#include <stdexcept>
#include <type_traits>

namespace curl_rl::experiments {
namespace {

using envs::Setting, envs::Settings;

// YAML reads other spellings as text, number, null or truth; only a plain word is safe unquoted.
std::string Quoted(const std::string& text) {
  bool plain = !text.empty() && std::isalpha(static_cast<unsigned char>(text.front()));
  for (const char c : text) {
    plain = plain && (std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '/' ||
                      c == '.' || c == '-');
  }
  for (const char* word : {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}) {
    std::string lower = text;
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    plain = plain && lower != word;
  }
  if (plain) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) {
      quoted += c;
    } else {
      constexpr char kHex[] = "0123456789abcdef";
      quoted += {'\\', 'x', kHex[(c >> 4) & 0xf], kHex[c & 0xf]};
    }
  }
  return quoted + '"';
}

std::string NumberText(double value) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return std::string(text.data(), end);
}

std::string LimitText(double limit) {
  // Up to here digits are easier to read than an exponent.
  const bool digits = std::trunc(limit) == limit && std::abs(limit) < 1e7;
  return digits ? std::to_string(static_cast<std::int64_t>(limit)) : NumberText(limit);
}

std::string ListText(const std::vector<std::string>& texts) {
  std::string list = "[";
  for (const std::string& text : texts) list += (list == "[" ? "" : ", ") + Quoted(text);
  return list + "]";
}

// "agent" of "agent.batch_size".
std::string SectionOf(const std::string& key) {
  const std::size_t dot = key.rfind('.');
  return dot == std::string::npos ? "" : key.substr(0, dot);
}

}  // namespace

std::string TypeName(const Setting& setting) {
  constexpr const char* kNames[] = {"integer",       "number", "true or false", "text",
                                    "list of texts", "text",   "list of names"};
  return kNames[setting.value.index()];
}

std::string AllowedText(const Setting& setting) {
  if (setting.allowed.has_range()) {
    return LimitText(setting.allowed.min) + " .. " + LimitText(setting.allowed.max);
  }
  const std::vector<std::string>* names = nullptr;
  if (const auto* choice = std::get_if<envs::Choice>(&setting.value)) names = &choice->names;
  if (const auto* parts = std::get_if<envs::Selection>(&setting.value)) names = &parts->names;
  if (names == nullptr) return "";
  std::string text;
  for (const std::string& name : *names) text += (text.empty() ? "" : " | ") + name;
  return text;
}

std::string ValueText(const Setting& setting) {
  return std::visit(
      [](const auto& value) -> std::string {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, envs::Choice>) {
          return value.names[value.get()];
        } else if constexpr (std::is_same_v<T, envs::Selection>) {
          return ListText(value.get());
        } else if constexpr (std::is_same_v<T, std::int64_t*>) {
          return std::to_string(*value);
        } else if constexpr (std::is_same_v<T, double*>) {
          return NumberText(*value);
        } else if constexpr (std::is_same_v<T, bool*>) {
          return *value ? "true" : "false";
        } else if constexpr (std::is_same_v<T, std::string*>) {
          return Quoted(*value);
        } else {
          return ListText(*value);
        }
      },
      setting.value);
}

const Setting* FindSetting(const Settings& settings, const std::string& key) {
  const auto found = std::find_if(settings.begin(), settings.end(),
                                  [&](const Setting& setting) { return setting.name == key; });
  return found == settings.end() ? nullptr : &*found;
}

std::string WriteConfig(const ExperimentConfig& config) {
  ExperimentConfig copy = config;  // a description binds to a config that it could change
  std::string yaml;
  std::string section;
  for (const Setting& setting : copy.Describe()) {
    // A section's line is written where it begins; what is not in it stands before it.
    const std::string own = SectionOf(setting.name);
    const auto depth = std::count(setting.name.begin(), setting.name.end(), '.');
    if (own != section) {
      section = own;
      const std::string indent(depth > 0 ? 2 * static_cast<std::size_t>(depth - 1) : 0, ' ');
      if (depth == 1) yaml += "\n";
      yaml += indent + own.substr(own.rfind('.') + 1) + ":\n";
    }
    yaml += std::string(2 * static_cast<std::size_t>(depth), ' ') +
            setting.name.substr(setting.name.rfind('.') + 1) + ": " + ValueText(setting) + "\n";
  }
  return yaml;
}

EveryKey::EveryKey() {
  std::set<std::string> all;
  for (const auto& kind : agents::kActorCritics) {
    ExperimentConfig& config = configs_.emplace_back();
    config.agent.actor_critic = kind.value;
    for (const auto& info : encoders::AugmentationInfos()) {
      config.agent.augment.kinds.push_back(encoders::DefaultAugmentation(info.name));
    }
    config.agent.objectives.clear();
    for (const auto& info : encoders::ObjectiveInfos()) {
      config.agent.objectives.emplace_back(encoders::MakeObjectiveSettings(info.name));
    }
    std::set<std::string> own;
    for (Setting& setting : config.Describe()) {
      if (!own.insert(setting.name).second) {
        throw std::logic_error("the key " + setting.name + " is described twice");
      }
      if (all.insert(setting.name).second) settings_.push_back(std::move(setting));
    }
  }
}

bool EveryKey::IsSection(const std::string& key) const {
  const std::string start = key + ".";
  return std::any_of(settings_.begin(), settings_.end(),
                     [&](const Setting& setting) { return setting.name.rfind(start, 0) == 0; });
}

std::string EveryKey::ChooserOf(const std::string& key, const ExperimentConfig& config) {
  ExperimentConfig copy = config;
  const std::string section = SectionOf(key);
  const std::string part = section.substr(section.rfind('.') + 1);
  for (const Setting& setting : copy.Describe()) {
    if (SectionOf(setting.name) != SectionOf(section)) continue;
    const auto* choice = std::get_if<envs::Choice>(&setting.value);
    const auto* selection = std::get_if<envs::Selection>(&setting.value);
    if (choice == nullptr && selection == nullptr) continue;
    const auto& names = choice != nullptr ? choice->names : selection->names;
    if (std::find(names.begin(), names.end(), part) != names.end()) return setting.name;
  }
  return "";
}

std::string EveryKey::WhyNotThere(const std::string& key, const ExperimentConfig& config) {
  ExperimentConfig copy = config;
  const std::string section = SectionOf(key);
  const std::string part = section.substr(section.rfind('.') + 1);
  const auto settings = copy.Describe();
  const Setting* setting = FindSetting(settings, ChooserOf(key, config));
  const std::string chooser =
      setting == nullptr ? "another setting" : setting->name + ": " + ValueText(*setting);
  return key + " is a setting of '" + part + "', which is not chosen (" + chooser + ")";
}

}  // namespace curl_rl::experiments
