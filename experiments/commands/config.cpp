#include <iostream>

#include "experiments/commands/arguments.h"
#include "experiments/commands/command.h"
#include "experiments/config/config_reader.h"
#include "experiments/config/config_schema.h"

namespace curl_rl::experiments {
namespace {

// key, type, default and range in columns as wide as their widest entry; the meaning last.
void ListKeys() {
  ExperimentConfig defaults;
  std::vector<std::vector<std::string>> rows = {{"key", "type", "default", "allowed", "meaning"}};
  for (const Field& field : Fields(defaults)) {
    std::string allowed = AllowedText(field);
    if (!field.unit.empty()) allowed += (allowed.empty() ? "" : " ") + field.unit;
    rows.push_back({field.key, TypeName(field), ValueText(field), allowed, field.meaning});
  }
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      std::cout << row[i] << std::string(widths[i] - row[i].size() + 2, ' ');
    }
    std::cout << row.back() << "\n";
  }
}

}  // namespace

int ConfigCommand(const std::vector<std::string>& arguments) {
  ArgumentSpec spec{
      "config [CONFIG.yaml] [key=value ...]",
      "Without arguments: every key with its type, default, range and meaning.\n"
      "With a config or overrides: all settings of that experiment, checked, as YAML."};
  spec.words = {"CONFIG.yaml", "key=value"};
  spec.more_words = true;
  const auto parsed = ParseArguments(spec, arguments);
  if (!parsed) return 0;
  std::vector<std::string> words = parsed->words;
  if (words.empty()) {
    ListKeys();
    return 0;
  }
  std::string path;
  if (!IsOverride(words.front())) {
    path = words.front();
    words.erase(words.begin());
  }
  std::cout << WriteConfig(ReadConfig(path, words));
  return 0;
}

}  // namespace curl_rl::experiments
