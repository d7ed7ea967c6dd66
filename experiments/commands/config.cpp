// config: every key, or a config resolved.
#include <iostream>

#include "experiments/commands/arguments.h"
#include "experiments/commands/command.h"
#include "experiments/commands/key_table.h"
#include "experiments/config/config_reader.h"
#include "experiments/config/config_schema.h"
#include "experiments/config/plugins.h"

namespace curl_rl::experiments {
namespace {

// Every key with its default, those of parts that are not chosen by default too.
void ListKeys() {
  ExperimentConfig defaults;
  const envs::Settings chosen = defaults.Describe();
  const EveryKey keys;
  envs::Settings all;
  for (const envs::Setting& setting : keys.settings()) {
    const auto* by_default = FindSetting(chosen, setting.name);
    all.push_back(by_default != nullptr ? *by_default : setting);
  }
  PrintKeys(std::cout, all, "default");
}

}  // namespace

int ConfigCommand(const std::vector<std::string>& arguments) {
  ArgumentSpec spec{
      "config [CONFIG.yaml ...] [key=value ...]",
      "Without arguments: every key with its type, default, range, role and meaning.\n"
      "With configs (the later wins) or overrides: all settings of that experiment, checked, as "
      "YAML."};
  spec.words = {"CONFIG.yaml", "key=value"};
  spec.more_words = true;
  AddPluginOption(&spec);
  const auto parsed = ParseArguments(spec, arguments);
  if (!parsed) return 0;
  const auto plugins = PluginOption(*parsed);
  if (parsed->words.empty()) {
    for (const std::string& plugin : plugins) LoadPlugin(plugin);  // their objectives have keys
    ListKeys();
  } else {
    std::cout << WriteConfig(ReadConfig(ConfigArguments(parsed->words, plugins)));
  }
  return 0;
}

}  // namespace curl_rl::experiments
