// What the files of a run tell whoever watches it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace curl_rl::experiments {

/// The last `count` lines behind `offset` that are not empty: what a run that failed said.
std::vector<std::string> LastLines(const std::string& log, std::int64_t offset, std::size_t count);

/// The mean return of the newest evaluation in the run's eval.csv; nullopt: none yet.
std::optional<double> NewestEvaluation(const std::string& run_dir);

/// The newest row in the run's train.csv; nullopt: none yet.
struct TrainProgress {
  std::int64_t env_step = 0;
  double env_steps_per_second = 0.0;  // 0: not known
};
std::optional<TrainProgress> NewestProgress(const std::string& run_dir);

/// Bytes of a file; 0 if there is none.
std::int64_t FileSize(const std::string& path);

}  // namespace curl_rl::experiments
