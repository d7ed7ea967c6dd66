// The runs of a results CSV: one for each task, method and seed in it.
#include <algorithm>
#include <map>
#include <tuple>

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
}

}  // namespace curl_rl::comparison
