#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "experiments/comparison/input/evaluations.h"
#include "experiments/comparison/input/load.h"
#include "experiments/config/usage_error.h"
#include "experiments/config/yaml_source.h"
#include "experiments/files/checked_json.h"
#include "yaml-cpp/yaml.h"

namespace curl_rl::comparison {
namespace {

std::string ReadInput(const std::string& path, LoadedRuns* loaded) {
  std::string bytes = ReadFile(path);
  loaded->inputs.push_back({path, experiments::Crc32(bytes)});
  return bytes;
}

// Nested maps become dotted keys, sequences one line of text.
void Flatten(const YAML::Node& node, const std::string& prefix,
             std::map<std::string, std::string>* settings) {
  if (node.IsMap()) {
    for (const auto& entry : node) {
      const std::string key = entry.first.as<std::string>();
      Flatten(entry.second, prefix.empty() ? key : prefix + "." + key, settings);
    }
  } else if (node.IsScalar()) {
    (*settings)[prefix] = node.Scalar();
  } else if (node.IsSequence()) {
    std::string text;
    for (const YAML::Node& item : node) text += (text.empty() ? "" : " ") + YAML::Dump(item);
    (*settings)[prefix] = text;
  }
}

std::map<std::string, std::string> ReadConfig(const std::string& path, LoadedRuns* loaded) {
  std::map<std::string, std::string> settings;
  try {
    const std::string bytes = experiments::ReadTextFile(path);
    loaded->inputs.push_back({path, experiments::Crc32(bytes)});
    // Without aliases and deep nesting: they would be walked here for ever.
    const YAML::Node root = experiments::ParseYaml(bytes, {path});
    if (!root.IsMap()) throw InputError(path + ":1: a map of settings was expected");
    Flatten(root, "", &settings);
  } catch (const experiments::UsageError& error) {
    throw InputError(error.what());
  } catch (const YAML::Exception& error) {
    throw InputError(path + ":" + std::to_string(error.mark.line + 1) + ":" +
                     std::to_string(error.mark.column + 1) + ": " + error.msg);
  }
  return settings;
}

const std::string& Setting(const Run& run, const std::string& key, const std::string& path) {
  const auto found = run.settings.find(key);
  if (found == run.settings.end() || found->second.empty()) {
    throw InputError(path + ": there is no key '" + key + "'; it is no run's config");
  }
  return found->second;
}

std::int64_t IntegerSetting(const Run& run, const std::string& key, const std::string& path) {
  const std::string& text = Setting(run, key, path);
  // Numbers in configs are read, and their faults told, as those in CSV files are.
  const CsvTable one{path, {key}, {}};
  return one.Integer({1, {text}}, 0);
}

void ReadRunJson(const std::string& path, LoadedRuns* loaded, Run* run) {
  const auto root = experiments::ParseJson(ReadInput(path, loaded));
  if (!root.is_object()) throw InputError(path + ": not a JSON object, or nested too deeply");
  const auto text = [&](const char* key) {
    const auto found = root.find(key);
    return found != root.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  run->state = text("state");
  run->host = text("host");
}

}  // namespace

void LoadRunDirectory(const std::string& path, LoadedRuns* loaded) {
  const std::filesystem::path folder(path);
  const std::string config_path = (folder / "config.yaml").string();
  const std::string eval_path = (folder / "eval.csv").string();
  Run run;
  run.source = path;
  run.settings = ReadConfig(config_path, loaded);
  run.task = Setting(run, "task", config_path);
  run.method = Setting(run, "method", config_path);
  CheckName(run.task, "task", config_path);
  CheckName(run.method, "method", config_path);
  run.seed = IntegerSetting(run, "seed", config_path);
  if (run.settings.count("env_steps") > 0) {
    run.budget = IntegerSetting(run, "env_steps", config_path);
  }
  if (!std::filesystem::exists(eval_path)) {
    throw InputError(eval_path + ": the file is not there; this run has no evaluation yet");
  }
  std::string rows = ReadInput(eval_path, loaded);
  // A run that is still going, or was killed, may have written half a line.
  rows.erase(rows.rfind('\n') == std::string::npos ? 0 : rows.rfind('\n') + 1);
  const CsvTable table = ParseCsv(rows, eval_path);
  const EpisodeColumns columns = FindEpisodeColumns(table);
  EvaluationCollector collector;
  for (const CsvRow& row : table.rows) collector.Add(table, row, columns);
  run.evaluations = collector.Finish();
  if (run.evaluations.empty()) {
    throw InputError(eval_path + ":2: no row after the header; this run has no evaluation yet");
  }
  const std::string json_path = (folder / "run.json").string();
  if (std::filesystem::exists(json_path)) ReadRunJson(json_path, loaded, &run);
  loaded->runs.push_back(std::move(run));
}

}  // namespace curl_rl::comparison
