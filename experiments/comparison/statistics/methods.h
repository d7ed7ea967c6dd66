// Which runs are one method, and which tasks and methods are compared.
#pragma once

#include <string>
#include <vector>

#include "experiments/comparison/statistics/run.h"

namespace curl_rl::comparison {

/// Runs, sorted by task, method and seed; names in order of appearance on the command line.
struct Dataset {
  std::vector<Run> runs;
  std::vector<std::string> tasks;
  std::vector<std::string> methods;

  /// The runs of one cell, by seed.
  std::vector<const Run*> Cell(const std::string& task, const std::string& method) const;
};

/// Names each run's method: its `method`, and, where runs of one task and method differ in settings
/// whose role makes a method (experiments::Same::kMethod), those settings: "curl (batch_size=128)".
/// With `key` (not empty) the method is that setting's value; throws InputError if a run has no
/// such setting.
void NameMethods(const std::string& key, std::vector<Run>* runs);

/// Keeps `tasks` (empty: all). Throws InputError for a task that is not there, proposing the
/// nearest, and if a task, method and seed stands twice.
Dataset MakeDataset(std::vector<Run> runs, const std::vector<std::string>& tasks);

}  // namespace curl_rl::comparison
