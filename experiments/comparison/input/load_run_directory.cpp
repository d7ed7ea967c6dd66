// Reads the folder of one run.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "experiments/comparison/input/evaluations.h"
#include "experiments/comparison/input/load.h"
#include "experiments/config/recorded.h"
#include "experiments/config/usage_error.h"
#include "experiments/config/yaml_source.h"
#include "experiments/files/checked_json.h"

namespace curl_rl::comparison {
namespace {

std::string ReadInput(const std::string& path, LoadedRuns* loaded) {
  std::string bytes = ReadInputFile(path);
  loaded->inputs.push_back({path, experiments::Crc32(bytes)});
  return bytes;
}

std::map<std::string, std::string> ReadConfig(const std::string& path, LoadedRuns* loaded) {
  try {
    const std::string bytes = experiments::ReadTextFile(path);  // a config's size at most
    loaded->inputs.push_back({path, experiments::Crc32(bytes)});
    auto settings = experiments::RecordedConfig(bytes, path);
    // What tells a run's config from another file: every version wrote these.
    const auto root = experiments::ParseYaml(bytes, {path});
    for (const char* key : {"task", "method", "seed"}) {
      const auto value = root[key];
      if (value.IsDefined() && value.IsScalar() && !value.Scalar().empty()) continue;
      throw InputError(path + ": there is no key '" + key + "'; it is no run's config");
    }
    return settings;
  } catch (const experiments::UsageError& error) {
    throw InputError(error.what());
  }
}

std::int64_t IntegerSetting(const Run& run, const std::string& key, const std::string& path) {
  const std::string& text = run.settings.at(key);
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
  run->task_change = text("task_change");
  if (const auto files = root.find("task_files"); files != root.end() && files->is_object()) {
    for (const auto& [name, hash] : files->items()) {
      if (hash.is_string()) run->task_files[name] = hash.get<std::string>();
    }
  }
  // A change stays one when the run is taken up once more.
  const auto earlier = root.find("earlier");
  if (earlier == root.end() || !earlier->is_array()) return;
  for (const auto& part : *earlier) {
    if (!part.is_object()) continue;
    const auto change = part.find("task_change");
    if (change == part.end() || !change->is_string()) continue;
    run->task_change += (run->task_change.empty() ? "" : ", ") + change->get<std::string>();
  }
}

}  // namespace

void LoadRunDirectory(const std::string& path, LoadedRuns* loaded) {
  const std::filesystem::path folder(path);
  const std::string config_path = (folder / "config.yaml").string();
  const std::string eval_path = (folder / "eval.csv").string();
  Run run;
  run.source = path;
  run.settings = ReadConfig(config_path, loaded);
  run.task = run.settings.at("task");
  run.method = run.settings.at("method");
  CheckName(run.task, "task", config_path);
  CheckName(run.method, "method", config_path);
  run.seed = IntegerSetting(run, "seed", config_path);
  run.budget = IntegerSetting(run, "env_steps", config_path);
  if (!std::filesystem::exists(eval_path)) {
    throw InputError(eval_path + ": the file is not there; this run has no evaluation yet");
  }
  std::string rows = ReadInput(eval_path, loaded);
  // A run that is still going, or was killed, may have written half a line.
  rows.erase(rows.rfind('\n') == std::string::npos ? 0 : rows.rfind('\n') + 1);
  const CsvTable table = experiments::ParseCsv(rows, eval_path);
  const EpisodeColumns columns = FindEpisodeColumns(table);
  EvaluationCollector collector;
  for (const CsvRecord& row : table.rows) collector.Add(table, row, columns);
  run.evaluations = collector.Finish();
  if (run.evaluations.empty()) {
    throw InputError(eval_path + ":2: no row after the header; this run has no evaluation yet");
  }
  const std::string json_path = (folder / "run.json").string();
  if (std::filesystem::exists(json_path)) ReadRunJson(json_path, loaded, &run);
  LoadRepresentation(path, loaded, &run);
  loaded->runs.push_back(std::move(run));
}

}  // namespace curl_rl::comparison
