// Reading runs from disk: run directories and results CSVs.
#pragma once

#include <string>
#include <vector>

#include "experiments/comparison/statistics/run.h"

namespace curl_rl::comparison {

/// A column of a results CSV that has another value in (nearly) every run: a run's name.
struct NameColumn {
  std::string path;
  std::string column;
  std::size_t begin = 0;  // of the file's runs
  std::size_t end = 0;
};

struct LoadedRuns {
  std::vector<Run> runs;
  std::vector<InputFile> inputs;
  std::vector<NameColumn> names;
};

/// Takes the name columns out of the settings, which would make every run a method of its own, and
/// returns a warning for each. Not to be called where the user asks for one (--method-from).
std::vector<std::string> DropNames(LoadedRuns* loaded);

/// A warning for each pair of methods or tasks whose names differ in case alone.
std::vector<std::string> LookAlikes(const std::vector<Run>& runs);

/// Throws InputError "where: what is ...": a task or method must be UTF-8 without control
/// characters, or no figure could show it.
void CheckName(const std::string& name, const std::string& what, const std::string& where);

/// A run directory: config.yaml, eval.csv and, if there, run.json.
void LoadRunDirectory(const std::string& path, LoadedRuns* loaded);

/// What a run's folder holds of its representation besides: probe/probe.json, if it was probed, and
/// the columns contrastive_accuracy, alignment, uniformity and participation_ratio of train.csv.
/// Throws InputError for a file that is none of these.
void LoadRepresentation(const std::string& path, LoadedRuns* loaded, Run* run);

/// A results CSV: task, method, seed, env_step, episode_return; columns besides (but the episode's
/// own) that hold one value a run are settings of it.
void LoadResultsCsv(const std::string& path, LoadedRuns* loaded);

/// The same for the bytes of the file at `path`.
void ParseResultsCsv(const std::string& bytes, const std::string& path, LoadedRuns* loaded);

/// Each path is a results CSV, a run directory, a folder with run directories anywhere below, or a
/// labelled log of another program (other_logs.h).
/// Throws InputError for anything else, and if two sources hold the same task, method label and
/// seed with the same settings.
LoadedRuns LoadRuns(const std::vector<std::string>& paths);

}  // namespace curl_rl::comparison
