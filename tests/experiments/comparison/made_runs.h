// Runs made up for tests.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "experiments/comparison/statistics/run.h"

namespace curl_rl::comparison {

/// A run with a score every 10k env steps from 10k on.
inline Run MakeRun(const std::string& task, const std::string& method, std::int64_t seed,
                   const std::vector<double>& scores) {
  Run run;
  run.task = task;
  run.method = method;
  run.seed = seed;
  run.source = "made/" + method + "/" + std::to_string(seed);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const auto step = static_cast<std::int64_t>(10000 * (i + 1));
    run.evaluations.push_back({step, scores[i], 10, static_cast<double>(step) / 100});
  }
  return run;
}

/// `count` runs that rise to about `level` over 50 evaluations (500k steps), a little apart.
inline std::vector<Run> MakeRuns(const std::string& task, const std::string& method, double level,
                                 int count) {
  std::vector<Run> runs;
  for (int seed = 1; seed <= count; ++seed) {
    std::vector<double> scores;
    for (int i = 1; i <= 50; ++i) {
      scores.push_back(level * (1 - std::exp(-i / 10.0)) + 7 * seed + std::sin(i * seed));
    }
    runs.push_back(MakeRun(task, method, seed, scores));
  }
  return runs;
}

inline void Append(const std::vector<Run>& more, std::vector<Run>* runs) {
  runs->insert(runs->end(), more.begin(), more.end());
}

}  // namespace curl_rl::comparison
