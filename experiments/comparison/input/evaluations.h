// Rows of evaluation episodes to evaluations: what run directories and results CSVs share.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "experiments/comparison/statistics/run.h"
#include "experiments/files/csv.h"

namespace curl_rl::comparison {

using experiments::CsvRecord, experiments::CsvTable;

/// The file's bytes. Throws InputError if it cannot be read.
std::string ReadInputFile(const std::string& path);

/// The columns that hold evaluation episodes. -1: not there.
struct EpisodeColumns {
  int env_step = -1;
  int episode_return = -1;
  int episode = -1;
  int wall_time_s = -1;
};

/// Throws InputError if env_step or episode_return is missing.
EpisodeColumns FindEpisodeColumns(const CsvTable& table);

/// Gathers the rows of one run in any order.
class EvaluationCollector {
 public:
  /// Throws InputError for a value that is no finite number, a negative step, or an episode that
  /// was there before (without an `episode` column: a step that was left before).
  void Add(const CsvTable& table, const CsvRecord& row, const EpisodeColumns& columns);

  std::vector<Evaluation> Finish() const;

 private:
  struct Sum {
    double score = 0;
    int episodes = 0;
    double wall_time_s = 0;
  };
  std::map<std::int64_t, Sum> sums_;
  std::int64_t last_step_ = -1;
  std::map<std::pair<std::int64_t, std::string>, std::size_t> lines_;  // (step, episode) -> line
};

}  // namespace curl_rl::comparison
