// methods: the shipped methods and the objectives they are made of, or all about one.
#include <algorithm>
#include <iostream>
#include <sstream>

#include "envs/nearest_name.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/command.h"
#include "experiments/commands/key_table.h"
#include "experiments/config/config_files.h"
#include "experiments/config/config_reader.h"
#include "experiments/config/config_schema.h"
#include "experiments/config/yaml_source.h"

namespace curl_rl::experiments {
namespace {

using encoders::ObjectiveInfo;

// The first sentence of a config's opening comment.
std::string IdeaOf(const std::string& path) {
  std::istringstream text(ReadTextFile(path));
  std::string idea;
  for (std::string line; std::getline(text, line) && line.rfind('#', 0) == 0;) {
    const std::size_t begin = line.find_first_not_of("# ");
    if (begin == std::string::npos) break;
    idea += (idea.empty() ? "" : " ") + line.substr(begin);
    const std::size_t end = idea.find(". ");
    if (end != std::string::npos) return idea.substr(0, end + 1);
  }
  return idea;
}

std::vector<std::string> ObjectiveNames(const ExperimentConfig& config) {
  std::vector<std::string> names;
  for (const auto& objective : config.agent.objectives) names.push_back(objective->info().name);
  return names;
}

std::string Padded(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min(width, text.size()) + 2, ' ');
}

void PrintObjective(const ObjectiveInfo& info, std::size_t width) {
  std::cout << "  " << Padded(info.name, width) << info.idea << "\n  " << Padded("", width)
            << info.source << "; told: " << envs::NameOf(info.told) << "\n";
}

void ListMethods() {
  const auto names = ShippedConfigs("methods");
  std::size_t width = 0;
  for (const std::string& name : names) width = std::max(width, name.size());
  std::cout << "methods: `curl-rl train tasks/TASK.yaml methods/METHOD.yaml`, `curl-rl sweep "
               "--methods a,b`\n";
  for (const std::string& name : names) {
    std::cout << "  " << Padded(name, width) << IdeaOf(ShippedConfig("methods", name)) << "\n";
  }
  std::cout << "\nobjectives: agent.objectives lists the losses that train the encoder beside the "
               "critic's\n";
  for (const auto& info : encoders::ObjectiveInfos()) PrintObjective(info, width);
  std::cout << "\n`curl-rl methods NAME` tells all about one.\n";
}

// Settings of the agent, and what the method changes besides.
void PrintMethod(const std::string& name, const std::string& path) {
  ExperimentConfig config = ReadConfig(path, {});
  ExperimentConfig defaults;
  const envs::Settings usual = defaults.Describe();
  envs::Settings told;
  for (const envs::Setting& setting : config.Describe()) {
    const auto* before = FindSetting(usual, setting.name);
    const bool changed = before != nullptr && ValueText(*before) != ValueText(setting);
    if (changed || setting.name.rfind("agent.", 0) == 0) told.push_back(setting);
  }
  std::cout << name << ": " << IdeaOf(path) << "\n" << path << "\n\nobjectives\n";
  const auto chosen = ObjectiveNames(config);
  if (chosen.empty()) std::cout << "  none: the critic's loss alone trains the encoder\n";
  for (const auto& info : encoders::ObjectiveInfos()) {
    if (std::find(chosen.begin(), chosen.end(), info.name) != chosen.end()) {
      PrintObjective(info, info.name.size());
    }
  }
  std::cout << "\n";
  PrintKeys(std::cout, told, "value");
}

void PrintObjectiveKeys(const std::string& name) {
  ExperimentConfig config;
  config.agent.objectives.clear();
  config.agent.objectives.emplace_back(encoders::MakeObjectiveSettings(name));
  PrintObjective(config.agent.objectives.front()->info(), name.size());
  std::cout << "\n";
  envs::Settings own;
  for (const envs::Setting& setting : config.Describe()) {
    if (setting.name.rfind("agent." + name + ".", 0) == 0) own.push_back(setting);
  }
  PrintKeys(std::cout, own, "default");
}

void PrintOne(const std::string& name) {
  const std::string path = ShippedConfig("methods", name);
  if (!path.empty()) return PrintMethod(name, path);
  auto names = ShippedConfigs("methods");
  for (const auto& info : encoders::ObjectiveInfos()) {
    if (info.name == name) return PrintObjectiveKeys(name);
    names.push_back(info.name);  // most objectives have a method of their name
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::string all;
  for (const std::string& known : names) all += (all.empty() ? "" : ", ") + known;
  throw UsageError("unknown method '" + name + "'" + envs::DidYouMean(name, names) +
                   " (there are " + all + ")");
}

}  // namespace

int MethodsCommand(const std::vector<std::string>& arguments) {
  ArgumentSpec spec{"methods [NAME]",
                    "Without arguments: the methods that come with the program, and the objectives "
                    "they are\n"
                    "made of. With the NAME of one: its keys with type, value, range, role and "
                    "meaning."};
  spec.words = {"NAME"};
  const auto parsed = ParseArguments(spec, arguments);
  if (!parsed) return 0;
  if (parsed->words.empty()) {
    ListMethods();
  } else {
    PrintOne(parsed->words.front());
  }
  return 0;
}

}  // namespace curl_rl::experiments
