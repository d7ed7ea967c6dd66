// Reads configs of other versions leniently.
#include "experiments/config/recorded.h"

#include <algorithm>

#include "experiments/config/config_schema.h"
#include "experiments/config/earlier_keys.h"
#include "experiments/config/setting_value.h"
#include "experiments/config/usage_error.h"

namespace curl_rl::experiments {
namespace {

using Values = std::map<std::string, YAML::Node>;  // dotted key -> what stands there

// Nested maps become dotted keys.
void Flatten(const YAML::Node& node, const std::string& key, Values& values) {
  if (!node.IsMap()) {
    values[key] = node;
    return;
  }
  for (const auto& entry : node) {
    const std::string word = entry.first.IsScalar() ? entry.first.Scalar() : "?";
    Flatten(entry.second, key.empty() ? word : key + "." + word, values);
  }
}

std::string PlainText(const YAML::Node& node) {
  if (node.IsScalar()) return node.Scalar();
  std::string text;
  for (const YAML::Node& item : node) text += (text.empty() ? "" : ", ") + PlainText(item);
  return "[" + text + "]";
}

std::string PlainText(const envs::Setting& setting) {
  const auto* text = std::get_if<std::string*>(&setting.value);
  return text != nullptr ? **text : ValueText(setting);
}

class Recorded {
 public:
  Recorded(const Values& values, YamlSource source) : source_(std::move(source)) {
    for (const auto& [key, value] : values) {
      const KnownKey known = FindKey(key, keys_.settings());
      if (known.key.empty()) {
        unknown_[key] = PlainText(value);
      } else if (!known.earlier) {
        values_[known.key] = value;
      } else if (values.count(known.key) == 0) {
        TakeEarlier(key, known.key, value);
      }
    }
  }

  // `plain`: texts without quotes.
  SettingTexts Texts(bool plain) {
    for (const bool selections : {false, true}) {  // as the reader does: what is chosen comes first
      for (const auto& setting : config_.Describe()) {
        if (std::holds_alternative<envs::Choice>(setting.value) && !selections) Set(setting);
        if (std::holds_alternative<envs::Selection>(setting.value) && selections) Set(setting);
      }
    }
    SettingTexts texts = unknown_;
    for (const auto& setting : config_.Describe()) {
      const bool selection = std::holds_alternative<envs::Selection>(setting.value);
      const bool as_written = !selection && !Set(setting);
      std::string text = plain ? PlainText(setting) : ValueText(setting);
      const auto given = values_.find(setting.name);
      if (as_written || (selection && given != values_.end() && given->second.IsSequence())) {
        text = PlainText(given->second);
      }
      texts[setting.name] = text;
    }
    return texts;
  }

 private:
  void TakeEarlier(const std::string& earlier, const std::string& key, const YAML::Node& value) {
    try {
      values_[key] = ValueToday(earlier, value, source_);
    } catch (const UsageError&) {
      unknown_[earlier] = PlainText(value);  // no value that any version wrote
    }
  }

  // False for a value that this program would not take: it stands as it was written.
  bool Set(const envs::Setting& setting) const {
    const auto given = values_.find(setting.name);
    if (given == values_.end()) return true;
    try {
      // Never assigned to: that would change the node that it was copied from.
      const auto* parts = std::get_if<envs::Selection>(&setting.value);
      const YAML::Node value = parts != nullptr ? KnownNames(given->second, *parts) : given->second;
      SetValue(setting, ParseValue(setting, value, source_));
      return true;
    } catch (const UsageError&) {
      return false;
    }
  }

  // An objective that this program does not have is left out here; its name stays in the text.
  static YAML::Node KnownNames(const YAML::Node& value, const envs::Selection& parts) {
    if (!value.IsSequence()) return value;
    YAML::Node known(YAML::NodeType::Sequence);
    for (const YAML::Node& item : value) {
      const auto& names = parts.names;
      const bool has =
          item.IsScalar() && std::find(names.begin(), names.end(), item.Scalar()) != names.end();
      if (has) known.push_back(item);
    }
    return known;
  }

  const EveryKey keys_;
  const YamlSource source_;
  Values values_;         // of today's keys
  SettingTexts unknown_;  // of keys that this program does not know
  ExperimentConfig config_;
};

}  // namespace

SettingTexts RecordedConfig(const std::string& text, const std::string& path) {
  const YamlSource source{path};
  const YAML::Node root = ParseYaml(text, source);
  if (!root.IsMap()) source.Fail(root.Mark(), "a map of settings was expected");
  Values values;
  Flatten(root, "", values);
  return Recorded(values, source).Texts(/*plain=*/true);
}

SettingTexts RecordedSettings(const SettingTexts& saved) {
  const YamlSource source{"saved settings"};
  Values values;
  for (const auto& [key, text] : saved) values[key] = ParseYaml(text, source);
  return Recorded(values, source).Texts(/*plain=*/false);
}

}  // namespace curl_rl::experiments
