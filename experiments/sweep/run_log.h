// What the files of a run tell whoever watches it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "experiments/run/progress.h"

namespace curl_rl::experiments {

/// The newest progress line behind `offset` bytes of the log; nullopt if there is none, or no log.
std::optional<ProgressState> NewestProgress(const std::string& log, std::int64_t offset);

/// The last `count` lines behind `offset` that are neither empty nor progress: why a run failed.
std::vector<std::string> LastLines(const std::string& log, std::int64_t offset, std::size_t count);

/// The mean return of the newest evaluation in the run's eval.csv; nullopt: none yet.
std::optional<double> NewestEvaluation(const std::string& run_dir);

/// The env step of the newest row in the run's train.csv; nullopt: none yet.
std::optional<std::int64_t> NewestTrainStep(const std::string& run_dir);

/// Bytes of a file; 0 if there is none.
std::int64_t FileSize(const std::string& path);

}  // namespace curl_rl::experiments
