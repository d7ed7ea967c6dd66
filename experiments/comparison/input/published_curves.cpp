// Parses the published curves, which are built into the program.
#include "experiments/comparison/input/published_curves.h"

#include <algorithm>
#include <map>

#include "experiments/comparison/statistics/run.h"

namespace curl_rl::comparison {
namespace {

using experiments::CsvRecord, experiments::CsvTable;

struct Protocol {
  std::int64_t action_repeat;
  bool training_episodes;
};

Protocol ProtocolOf(const CsvTable& table, const CsvRecord& row, const std::string& task) {
  const std::string& name = table.Text(row, table.Require("protocol"));
  if (name == "r2") return {2, false};
  if (name == "r2-train") return {2, true};
  if (name != "planet") {
    throw InputError(table.Where(row) + ": protocol is '" + name +
                     "'; allowed: planet, r2, r2-train");
  }
  const auto repeat = PaperActionRepeat(task);
  if (!repeat) {
    throw InputError(table.Where(row) + ": protocol planet is not known for '" + task +
                     "': it is no task of the CURL paper");
  }
  return {*repeat, false};
}

// One method's runs on one task while their rows are read.
struct PublishedGroup {
  PublishedCurve curve;
  std::map<std::int64_t, Series> runs;  // by seed
};

}  // namespace

std::optional<std::int64_t> PaperActionRepeat(const std::string& task) {
  static const std::map<std::string, std::int64_t> kRepeats = {
      {"ball_in_cup_catch", 4}, {"cartpole_swingup", 8}, {"cheetah_run", 4},
      {"finger_spin", 2},       {"reacher_easy", 4},     {"walker_walk", 2}};
  const auto found = kRepeats.find(task);
  return found == kRepeats.end() ? std::nullopt : std::make_optional(found->second);
}

std::vector<PublishedCurve> ReadPublishedCurves(const CsvTable& curves, const CsvTable& sources,
                                                const std::vector<std::string>& tasks) {
  const int task_column = curves.Require("task"), method_column = curves.Require("method");
  const int seed = curves.Require("seed"), step = curves.Require("env_step");
  const int score = curves.Require("episode_return");
  std::map<std::pair<std::string, std::string>, PublishedGroup> groups;  // by task and method
  for (const CsvRecord& row : curves.rows) {
    const std::string& task = curves.Text(row, task_column);
    if (std::find(tasks.begin(), tasks.end(), task) == tasks.end()) continue;
    const Protocol protocol = ProtocolOf(curves, row, task);
    const auto [entry, added] = groups.try_emplace({task, curves.Text(row, method_column)});
    PublishedCurve& curve = entry->second.curve;
    if (added) {
      curve.task = task;
      curve.action_repeat = protocol.action_repeat;
      curve.training_episodes = protocol.training_episodes;
    } else if (curve.action_repeat != protocol.action_repeat ||
               curve.training_episodes != protocol.training_episodes) {
      throw InputError(curves.Where(row) + ": another protocol than in the rows before of '" +
                       entry->first.second + "' on '" + task + "'");
    }
    Series& run = entry->second.runs[curves.Integer(row, seed)];
    const auto x = static_cast<double>(curves.Integer(row, step));
    if (!run.x.empty() && x <= run.x.back()) {
      throw InputError(curves.Where(row) + ": the env steps of a run must rise");
    }
    run.x.push_back(x);
    run.y.push_back(curves.Number(row, score));
  }

  std::vector<PublishedCurve> result;
  for (const std::string& task : tasks) {
    for (const CsvRecord& source : sources.rows) {
      const auto found = groups.find({task, sources.Text(source, sources.Require("method"))});
      if (found == groups.end()) continue;
      PublishedGroup group = std::move(found->second);
      groups.erase(found);
      group.curve.method = sources.Text(source, sources.Require("title"));
      group.curve.citation = sources.Text(source, sources.Require("citation"));
      for (auto& [number, run] : group.runs) group.curve.runs.push_back(std::move(run));
      result.push_back(std::move(group.curve));
    }
  }
  if (!groups.empty()) {
    throw InputError(sources.path + ": no row for the method '" + groups.begin()->first.second +
                     "' of " + curves.path);
  }
  return result;
}

std::vector<PublishedCurve> PublishedCurves(const std::vector<std::string>& tasks) {
  return ReadPublishedCurves(
      experiments::ParseCsv(kPublishedCurvesCsv, "published_curves.csv"),
      experiments::ParseCsv(kPublishedCurveSourcesCsv, "published_curve_sources.csv"), tasks);
}

}  // namespace curl_rl::comparison
