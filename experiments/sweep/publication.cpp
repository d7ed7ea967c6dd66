// Reads the runs' own files; nothing is taken from memory or from the sweep's.
#include "experiments/sweep/publication.h"

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "experiments/config/config_schema.h"
#include "experiments/files/atomic_file.h"
#include "experiments/files/checked_json.h"
#include "experiments/files/csv.h"
#include "experiments/machine/version.h"
#include "experiments/run/run_state.h"
#include "experiments/sweep/child_process.h"
#include "experiments/sweep/shell_command.h"

namespace curl_rl::experiments {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// What a run left, as far as it came.
struct Ran {
  const Element* element;
  Json record;     // of run.json
  CsvTable evals;  // of eval.csv, complete lines only
};

const char* const kColumns[] = {"env_step", "episode", "episode_return", "wall_time_s"};

Json ReadRecord(const std::string& run_dir) {
  const std::string path = run_dir + "/run.json";
  if (!fs::exists(path)) throw UsageError(path + ": the file is not there");
  Json record = ParseOrderedJson(ReadWholeFile(path, kMaxJsonBytes));
  const bool whole = record.is_object() && record.value("versions", Json()).is_object();
  if (!whole) throw UsageError(path + ": is no record of a run (no versions)");
  return record;
}

// nullopt: no evaluation yet.
std::optional<CsvTable> ReadEvaluations(const std::string& run_dir) {
  const std::string path = run_dir + "/eval.csv";
  if (!fs::exists(path)) return std::nullopt;
  std::string text = ReadWholeFile(path);
  text.erase(text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1);
  CsvTable table = ParseCsv(text, path);
  for (const char* column : kColumns) table.Require(column);
  if (table.rows.empty()) return std::nullopt;
  return table;
}

// Builds and devices of all parts of a run, the resumed ones too: "commit abc, torch 1, ...".
void CheckParts(const Ran& ran, std::string* build) {
  std::vector<Json> parts = {ran.record};
  for (const Json& part : ran.record.value("earlier", Json::array())) parts.push_back(part);
  for (const Json& part : parts) {
    const Json versions = part.value("versions", Json::object());
    const auto text = [](const Json& json, const char* key) {
      const Json value = json.is_object() ? json.value(key, Json()) : Json();
      return value.is_string() ? value.get<std::string>() : std::string("unknown");
    };
    const std::string commit = text(versions, "git_commit");
    if (commit == "unknown" || commit.find("dirty") != std::string::npos) {
      throw UsageError(ran.element->config.run_dir + ": made by a build of commit '" + commit +
                       "'; results are of a build of a commit without changes");
    }
    const std::string this_build = "commit " + commit + ", LibTorch " + text(versions, "torch") +
                                   ", MuJoCo " + text(versions, "mujoco") + ", " +
                                   text(versions, "compiler") + ", " + text(part, "device");
    if (build->empty()) *build = this_build;
    if (*build == this_build) continue;
    throw UsageError(ran.element->config.run_dir + ": made by " + this_build +
                     ", runs before it by " + *build + "; results are of one build");
  }
}

// What the declaration said when the build was made.
void CheckDeclared(const Campaign& campaign, const std::string& commit) {
  const fs::path path = fs::absolute(campaign.path);
  const CommandResult shown =
      RunCommand("git -C " + Quoted(path.parent_path().string()) + " show " +
                 Quoted(commit + ":./" + path.filename().string()));
  if (shown.status != 0) {
    throw UsageError(campaign.path + ": was not declared before it was run: commit " + commit +
                     ", of which the runs' build is, has no such file (git: " + shown.err + ")");
  }
  std::string text = campaign.text;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (shown.out != text) {
    throw UsageError(campaign.path + ": is not what was declared: commit " + commit +
                     ", of which the runs' build is, has it with another text");
  }
}

void AddRows(const Ran& ran, std::string* csv) {
  const ExperimentConfig& config = ran.element->config;
  std::vector<int> columns;
  for (const char* name : kColumns) columns.push_back(ran.evals.Require(name));
  for (const CsvRecord& row : ran.evals.rows) {
    std::vector<std::string> fields = {config.task, ran.element->method,
                                       std::to_string(config.seed)};
    for (const int column : columns) {
      fields.push_back(row.fields.at(static_cast<std::size_t>(column)));
    }
    *csv += CsvText(fields);
  }
}

Json RecordOf(const Ran& ran) {
  const CsvRecord& last = ran.evals.rows.back();
  Json json;
  json["task"] = ran.element->config.task;
  json["method"] = ran.element->method;
  json["seed"] = ran.element->config.seed;
  for (const char* key : {"state", "started", "ended"}) json[key] = ran.record.value(key, Json());
  json["starts"] = 1 + ran.record.value("earlier", Json::array()).size();
  json["last_evaluation"] = ran.evals.Integer(last, ran.evals.Require("env_step"));
  json["wall_time_s"] = ran.evals.Number(last, ran.evals.Require("wall_time_s"));
  return json;
}

std::string ConfigsOf(const std::vector<Element>& elements) {
  std::map<std::string, ExperimentConfig> cells;  // the first seed's
  std::vector<std::string> order;
  for (const Element& element : elements) {
    const std::string cell = element.config.task + ", " + element.method;
    if (cells.emplace(cell, element.config).second) order.push_back(cell);
  }
  std::string text;
  for (const std::string& cell : order) {
    ExperimentConfig config = cells.at(cell);
    config.run_dir.clear();
    text += (text.empty() ? "" : "---\n") + ("# " + cell + "\n") + WriteConfig(config);
  }
  return text;
}

}  // namespace

Publication MakePublication(const Campaign& campaign, const std::vector<Element>& elements,
                            bool partial) {
  // 1. What there is.
  std::vector<Ran> all;
  Json missing = Json::array();
  for (const Element& element : elements) {
    const bool finished = StageOfRun(element.config, Same::kFolder) == RunStage::kFinished;
    if (!finished && !partial) {
      throw UsageError(element.config.run_dir + ": " + element.name() +
                       " is not finished; `curl-rl sweep " + campaign.path +
                       "` goes on with it (--partial publishes what there is, and says so)");
    }
    auto evaluations = ReadEvaluations(element.config.run_dir);
    if (!finished || !evaluations) {
      std::string what = element.name();
      if (evaluations) {  // half a run would have all others judged where it stopped
        what += ", stopped after " +
                evaluations->rows.back().fields.at(
                    static_cast<std::size_t>(evaluations->Require("env_step"))) +
                " env steps";
      }
      missing.push_back(what);
      continue;
    }
    all.push_back({&element, ReadRecord(element.config.run_dir), std::move(*evaluations)});
  }
  if (all.empty()) throw UsageError(campaign.path + ": no run of it is finished yet");

  // 2. Of one build, which had the declaration.
  std::string build;
  for (const Ran& ran : all) CheckParts(ran, &build);
  const Json& first = all.front().record;
  CheckDeclared(campaign, first["versions"]["git_commit"].get<std::string>());

  // 3. The texts.
  Publication publication;
  publication.results = "task,method,seed,env_step,episode,episode_return,wall_time_s\n";
  Json record;
  record["campaign"] = campaign.name;
  record["question"] = campaign.question;
  record["complete"] = missing.empty();
  record["command"] = {"sweep", campaign.path};
  for (const char* key : {"versions", "cpu", "device", "threads", "gl"}) {
    record[key] = first.value(key, Json());
  }
  record["published_by"] = {{"curl_rl", kVersion}, {"git_commit", kGitCommit}};
  record["runs"] = Json::array();
  for (const Ran& ran : all) {
    AddRows(ran, &publication.results);
    record["runs"].push_back(RecordOf(ran));
  }
  record["missing"] = missing;
  publication.configs = ConfigsOf(elements);
  publication.record = record.dump(2) + "\n";
  return publication;
}

}  // namespace curl_rl::experiments
