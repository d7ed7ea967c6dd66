// Reading runs from disk: run directories and results CSVs.
#pragma once

#include <string>
#include <vector>

#include "experiments/comparison/statistics/run.h"

namespace curl_rl::comparison {

struct LoadedRuns {
  std::vector<Run> runs;
  std::vector<InputFile> inputs;
};

/// A run directory: config.yaml, eval.csv and, if there, run.json.
void LoadRunDirectory(const std::string& path, LoadedRuns* loaded);

/// A results CSV: task, method, seed, env_step, episode_return; columns besides (but the episode's
/// own) that hold one value a run are settings of it.
void LoadResultsCsv(const std::string& path, LoadedRuns* loaded);

/// The same for the bytes of the file at `path`.
void ParseResultsCsv(const std::string& bytes, const std::string& path, LoadedRuns* loaded);

/// Each path is a results CSV, a run directory, or a folder with run directories anywhere below.
/// Throws InputError for anything else, and if two sources hold the same task, method label and
/// seed with the same settings.
LoadedRuns LoadRuns(const std::vector<std::string>& paths);

}  // namespace curl_rl::comparison
