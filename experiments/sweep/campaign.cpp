// Reads a campaign's file.
#include "experiments/sweep/campaign.h"

#include <filesystem>

#include "experiments/config/config_files.h"
#include "experiments/config/yaml_map.h"
#include "experiments/config/yaml_source.h"

namespace curl_rl::experiments {
namespace {

namespace fs = std::filesystem;

std::string NameOf(const YamlMap& map, const YamlSource& source) {
  constexpr const char* kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  std::string name = map.Text("campaign");
  if (name.find_first_not_of(kPlain) != std::string::npos || name.size() > 100) {
    source.Fail(map.At("campaign").Mark(),
                "campaign: got '" + Shown(name) + "', allowed: up to 100 letters, digits, _ and -");
  }
  return name;
}

std::string WordOf(const YAML::Node& node, const std::string& what, const YamlSource& source) {
  if (!node.IsScalar() || node.Scalar().empty()) {
    source.Fail(node.Mark(), what + ": expected a word, got " + Describe(node));
  }
  return node.Scalar();
}

// A list of words, each once.
std::vector<std::string> Words(const YAML::Node& list, const std::string& what,
                               const YamlSource& source) {
  std::vector<std::string> words;
  for (const YAML::Node& item : ListOf(list, what, source)) {
    words.push_back(WordOf(item, what, source));
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
      if (words[i] == words.back()) {
        source.Fail(item.Mark(), what + ": '" + Shown(words.back()) + "' is given twice");
      }
    }
  }
  return words;
}

// Seeds as a sweep's, whose message lacks the place.
std::vector<std::int64_t> Seeds(const YamlMap& map, const YamlSource& source) {
  const YAML::Node node = map.At("seeds");
  std::string text;
  if (node.IsSequence()) {
    for (const std::string& word : Words(node, "seeds", source)) {
      text += (text.empty() ? "" : ",") + word;
    }
  } else {
    text = map.Text("seeds");
  }
  try {
    return ParseSeeds(text);
  } catch (const UsageError& error) {
    source.Fail(node.Mark(), error.what());
  }
}

// A file of the campaign's own stands beside it; else a name means what it means to a sweep.
std::string Beside(const std::string& campaign, const std::string& word) {
  const fs::path path = fs::path(campaign).parent_path() / word;
  std::error_code none;
  return fs::is_regular_file(path, none) ? path.string() : word;
}

// One value is an override, several are an axis.
void ReadSettings(const YAML::Node& node, const YamlSource& source, GridOptions* grid) {
  const YamlMap checked(node, "settings", {}, source);
  for (const auto& entry : node) {
    const std::string key = entry.first.Scalar();
    if (!entry.second.IsSequence()) {
      grid->overrides.push_back(key + "=" + WordOf(entry.second, key, source));
      continue;
    }
    grid->settings.push_back({key, Words(entry.second, key, source)});
  }
}

}  // namespace

std::optional<Campaign> ReadCampaign(const std::string& path) {
  std::error_code none;
  if (!fs::is_regular_file(path, none)) return std::nullopt;
  const YamlSource source{path};
  YAML::Node root;
  std::string text;
  try {
    text = ReadTextFile(path);
    root = ParseYaml(text, source);
  } catch (const UsageError&) {
    return std::nullopt;  // whoever reads it as what it was meant for says what is wrong
  }
  if (!root.IsMap() || !root["campaign"].IsDefined()) return std::nullopt;

  const YamlMap map(root, "a campaign",
                    {"campaign", "question", "configs", "tasks", "methods", "seeds", "settings"},
                    source);
  Campaign campaign;
  campaign.path = path;
  campaign.text = text;
  campaign.name = NameOf(map, source);
  campaign.question = map.Text("question");
  GridOptions& grid = campaign.grid;
  grid.output = "runs/" + campaign.name;
  grid.seeds = Seeds(map, source);
  const auto list = [&](const std::string& key) {
    return map.Has(key) ? Words(map.At(key), key, source) : std::vector<std::string>();
  };
  for (const std::string& word : list("configs")) {
    grid.configs.push_back(ConfigPath(Beside(path, word)));
  }
  grid.tasks = list("tasks");
  for (const std::string& word : list("methods")) grid.methods.push_back(Beside(path, word));
  if (grid.configs.empty() && grid.tasks.empty() && grid.methods.empty()) {
    source.Fail(root.Mark(), "a campaign needs one of the keys tasks, methods and configs");
  }
  if (map.Has("settings")) ReadSettings(map.At("settings"), source, &grid);
  return campaign;
}

}  // namespace curl_rl::experiments
