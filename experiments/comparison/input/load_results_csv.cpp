// The runs of a results CSV: one for each task, method and seed in it.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "experiments/comparison/input/evaluations.h"
#include "experiments/comparison/input/load.h"
#include "experiments/files/checked_json.h"

namespace curl_rl::comparison {
namespace {

struct Group {
  Run run;
  EvaluationCollector collector;
  std::vector<bool> varies;  // [columns]: holds more than one value in this run
  std::size_t first_row = 0;
};

// Columns with another value in nearly every run. Runs of one task and method always have different
// seeds, and with three of them no setting changes with each. A data frame's index has no name.
void FindNames(const std::string& path, std::size_t first_run, LoadedRuns* loaded) {
  constexpr std::size_t kFewest = 3;
  std::map<std::pair<std::string, std::string>, std::vector<const Run*>> cells;
  for (std::size_t i = first_run; i < loaded->runs.size(); ++i) {
    const Run& run = loaded->runs[i];
    cells[{run.task, run.method}].push_back(&run);
  }
  std::map<std::string, std::pair<std::size_t, std::size_t>> counts;  // of values, of runs
  for (const auto& [cell, runs] : cells) {
    std::map<std::string, std::set<std::string>> values;
    for (const Run* run : runs) {
      for (const auto& [column, value] : run->settings) values[column].insert(value);
    }
    for (const auto& [column, set] : values) {
      if (runs.size() < kFewest && !column.empty()) continue;
      counts[column].first += set.size();
      counts[column].second += runs.size();
    }
  }
  for (const auto& [column, count] : counts) {
    const bool own = column == "task" || column == "method" || column == "seed";
    if (own || (!column.empty() && 10 * count.first < 9 * count.second)) continue;
    loaded->names.push_back({path, column, first_run, loaded->runs.size()});
  }
}

}  // namespace

void LoadResultsCsv(const std::string& path, LoadedRuns* loaded) {
  ParseResultsCsv(ReadInputFile(path), path, loaded);
}

void ParseResultsCsv(const std::string& bytes, const std::string& path, LoadedRuns* loaded) {
  loaded->inputs.push_back({path, experiments::Crc32(bytes)});
  const CsvTable table = experiments::ParseCsv(bytes, path);
  const int task = table.Require("task");
  const int method = table.Require("method");
  const int seed = table.Require("seed");
  const EpisodeColumns columns = FindEpisodeColumns(table);
  if (table.rows.empty()) throw InputError(path + ":2: no row after the header");

  std::map<std::tuple<std::string, std::string, std::int64_t>, Group> groups;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    const CsvRecord& row = table.rows[r];
    const auto [entry, added] = groups.try_emplace(
        {table.Text(row, task), table.Text(row, method), table.Integer(row, seed)});
    Group& group = entry->second;
    if (added) {
      CheckName(std::get<0>(entry->first), "task", table.Where(row));
      CheckName(std::get<1>(entry->first), "method", table.Where(row));
      std::tie(group.run.task, group.run.method, group.run.seed) = entry->first;
      group.run.source = table.Where(row);
      group.varies.assign(table.columns.size(), false);
      group.first_row = r;
    }
    const std::vector<std::string>& first = table.rows[group.first_row].fields;
    for (std::size_t c = 0; c < first.size(); ++c) {
      if (row.fields[c] != first[c]) group.varies[c] = true;
    }
    group.collector.Add(table, row, columns);
  }
  const std::size_t first_run = loaded->runs.size();
  for (auto& [key, group] : groups) {
    group.run.evaluations = group.collector.Finish();
    for (int c = 0; c < static_cast<int>(table.columns.size()); ++c) {
      // A column that changes within the run is a measurement, not a setting.
      const bool own = c == columns.env_step || c == columns.episode_return ||
                       c == columns.episode || c == columns.wall_time_s;
      const auto i = static_cast<std::size_t>(c);
      if (own || group.varies[i]) continue;
      group.run.settings[table.columns[i]] = table.rows[group.first_row].fields[i];
    }
    loaded->runs.push_back(std::move(group.run));
  }
  FindNames(path, first_run, loaded);
}

}  // namespace curl_rl::comparison
