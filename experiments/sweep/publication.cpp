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

// "commit abc, LibTorch 1, ..., cpu", of a run's record or a publication's.
std::string BuildOf(const Json& record) {
  const Json versions = record.value("versions", Json::object());
  const auto text = [](const Json& json, const char* key) {
    const Json value = json.is_object() ? json.value(key, Json()) : Json();
    return value.is_string() ? value.get<std::string>() : std::string("unknown");
  };
  return "commit " + text(versions, "git_commit") + ", LibTorch " + text(versions, "torch") +
         ", MuJoCo " + text(versions, "mujoco") + ", " + text(versions, "compiler") + ", " +
         text(record, "device");
}

// Builds and devices of all parts of a run, the resumed ones too.
void CheckParts(const Ran& ran, std::string* build) {
  std::vector<Json> parts = {ran.record};
  for (const Json& part : ran.record.value("earlier", Json::array())) parts.push_back(part);
  for (const Json& part : parts) {
    const Json commit_of = part.value("versions", Json::object()).value("git_commit", Json());
    const std::string commit = commit_of.is_string() ? commit_of.get<std::string>() : "unknown";
    if (commit == "unknown" || commit.find("dirty") != std::string::npos) {
      throw UsageError(ran.element->config.run_dir + ": made by a build of commit '" + commit +
                       "'; results are of a build of a commit without changes");
    }
    const std::string this_build = BuildOf(part);
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

// A run that an earlier publication holds, and its rows there.
struct Kept {
  Json record;
  std::string rows;
};

// Those of `earlier` by name of element. The grid decides which of them still belong to it.
std::map<std::string, Kept> KeptRuns(const std::vector<Element>& elements,
                                     const Publication& earlier) {
  const auto key = [](const std::string& task, const std::string& method, const std::string& seed) {
    return task + "\n" + method + "\n" + seed;
  };
  std::map<std::string, std::string> rows;
  const CsvTable table = ParseCsv(earlier.results, "the earlier publication");
  const int task = table.Require("task"), method = table.Require("method");
  const int seed = table.Require("seed");
  for (const CsvRecord& row : table.rows) {
    rows[key(table.Text(row, task), table.Text(row, method), table.Text(row, seed))] +=
        CsvText(row.fields);
  }
  std::map<std::string, Kept> kept;
  const Json record = ParseOrderedJson(earlier.record);
  for (const Json& run : record["runs"]) {
    for (const Element& element : elements) {
      const ExperimentConfig& config = element.config;
      if (run.value("task", "") != config.task || run.value("method", "") != element.method ||
          run.value("seed", std::int64_t{-1}) != config.seed) {
        continue;
      }
      kept[element.name()] = {run,
                              rows[key(config.task, element.method, std::to_string(config.seed))]};
    }
  }
  return kept;
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

std::optional<Publication> ReadPublication(const std::string& base, const std::string& campaign) {
  const auto read = [&](const char* ending) {
    return fs::exists(base + ending) ? ReadWholeFile(base + ending) : std::string();
  };
  if (!fs::exists(base + ".csv") && !fs::exists(base + ".yaml") && !fs::exists(base + ".json")) {
    return std::nullopt;
  }
  const Publication there = {read(".csv"), read(".yaml"), read(".json")};
  const Json record = there.record.empty() ? Json() : ParseOrderedJson(there.record);
  const bool of_it = record.is_object() && record.value("campaign", Json()) == campaign &&
                     record.value("runs", Json()).is_array() && !there.results.empty();
  if (of_it) return there;
  throw UsageError(base + ".csv, .yaml, .json: are there and not of the campaign '" + campaign +
                   "'; remove them, or name another --output");
}

std::vector<Element> NotPublished(const std::vector<Element>& elements, const Publication& earlier,
                                  const std::string& commit) {
  const auto kept = KeptRuns(elements, earlier);
  const Json made_by = ParseOrderedJson(earlier.record).value("versions", Json::object());
  if (!kept.empty() && made_by.value("git_commit", "") != commit) {
    throw UsageError("the published runs are of commit " + made_by.value("git_commit", "unknown") +
                     ", this program is of " + commit + "; results are of one build");
  }
  std::vector<Element> left;
  for (const Element& element : elements) {
    if (kept.count(element.name()) == 0) left.push_back(element);
  }
  return left;
}

Publication MakePublication(const Campaign& campaign, const std::vector<Element>& elements,
                            bool partial, const std::optional<Publication>& earlier) {
  // 1. What there is: in the folder of the runs, and of those that are gone what was published.
  std::vector<Ran> all;
  Json missing = Json::array();
  const auto kept = earlier ? KeptRuns(elements, *earlier) : std::map<std::string, Kept>();
  std::map<std::string, const Ran*> ran_by_name;
  std::vector<std::string> taken_over;
  for (const Element& element : elements) {
    const bool finished = StageOfRun(element.config, Same::kFolder) == RunStage::kFinished;
    if (!finished && kept.count(element.name()) > 0) {
      taken_over.push_back(element.name());
      continue;
    }
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
  if (all.empty() && taken_over.empty()) {
    throw UsageError(campaign.path + ": no run of it is finished yet");
  }
  for (const Ran& ran : all) ran_by_name[ran.element->name()] = &ran;

  // 2. Of one build, which had the declaration.
  std::string build;
  for (const Ran& ran : all) CheckParts(ran, &build);
  const Json before = earlier ? ParseOrderedJson(earlier->record) : Json::object();
  if (!taken_over.empty() && !build.empty() && BuildOf(before) != build) {
    throw UsageError(std::to_string(taken_over.size()) + " runs, the first " + taken_over.front() +
                     ", are in the earlier publication alone, made by " + BuildOf(before) +
                     "; those here by " + build +
                     "; results are of one build: name another --output, or make them again");
  }
  const Json& first = all.empty() ? before : all.front().record;
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
  for (const Element& element : elements) {
    if (ran_by_name.count(element.name()) > 0) {
      AddRows(*ran_by_name.at(element.name()), &publication.results);
      record["runs"].push_back(RecordOf(*ran_by_name.at(element.name())));
    } else if (kept.count(element.name()) > 0) {
      publication.results += kept.at(element.name()).rows;
      record["runs"].push_back(kept.at(element.name()).record);
    }
  }
  record["missing"] = missing;
  publication.configs = ConfigsOf(elements);
  publication.record = record.dump(2) + "\n";
  return publication;
}

}  // namespace curl_rl::experiments
