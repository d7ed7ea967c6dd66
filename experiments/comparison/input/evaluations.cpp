// Finds the columns of an evaluation and averages the episodes of each env step.
#include "experiments/comparison/input/evaluations.h"

#include <algorithm>
#include <limits>

#include "experiments/files/atomic_file.h"

namespace curl_rl::comparison {

std::string ReadInputFile(const std::string& path) {
  try {
    return experiments::ReadWholeFile(path);
  } catch (const experiments::FileError& error) {
    throw InputError(error.what());
  }
}

EpisodeColumns FindEpisodeColumns(const CsvTable& table) {
  EpisodeColumns columns;
  columns.env_step = table.Require("env_step");
  columns.episode_return = table.Require("episode_return");
  columns.episode = table.Find("episode");
  columns.wall_time_s = table.Find("wall_time_s");
  return columns;
}

void EvaluationCollector::Add(const CsvTable& table, const CsvRecord& row,
                              const EpisodeColumns& columns) {
  const std::int64_t env_step = table.Integer(row, columns.env_step);
  if (env_step < 0) {
    throw InputError(table.Where(row) + ": env_step is " + std::to_string(env_step) +
                     "; steps count from 0");
  }
  // 1. With numbered episodes a copy shows itself by a number that comes again.
  if (columns.episode >= 0) {
    const std::string& episode = table.Text(row, columns.episode);
    const auto [before, added] = lines_.try_emplace({env_step, episode}, row.line);
    if (!added) {
      throw InputError(table.Where(row) + ": episode " + episode + " at env_step " +
                       std::to_string(env_step) + " was given before, on line " +
                       std::to_string(before->second) +
                       "; a seed that stands twice in a file would count twice");
    }
  }
  // 2. Without, by an env step that comes again after another one.
  const bool seen = sums_.count(env_step) > 0;
  if (columns.episode < 0 && seen && env_step != last_step_) {
    throw InputError(table.Where(row) + ": env_step " + std::to_string(env_step) +
                     " of this run was left and comes again; a seed that stands twice in a file "
                     "would count twice (episodes of one evaluation stand together, or have an "
                     "'episode' column)");
  }
  last_step_ = env_step;
  Sum& sum = sums_[env_step];
  sum.score += table.Number(row, columns.episode_return);
  sum.episodes += 1;
  // An evaluation is over when its last episode is.
  const bool timed = columns.wall_time_s >= 0 &&
                     !row.fields[static_cast<std::size_t>(columns.wall_time_s)].empty();
  sum.wall_time_s = timed ? std::max(sum.wall_time_s, table.Number(row, columns.wall_time_s))
                          : std::numeric_limits<double>::quiet_NaN();
}

std::vector<Evaluation> EvaluationCollector::Finish() const {
  std::vector<Evaluation> evaluations;
  for (const auto& [env_step, sum] : sums_) {
    evaluations.push_back({env_step, sum.score / sum.episodes, sum.episodes, sum.wall_time_s});
  }
  return evaluations;
}

}  // namespace curl_rl::comparison
