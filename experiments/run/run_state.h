// How far the run of a config has come, by looking at its folder: to go on with it or to start it.
#pragma once

#include <string>

#include "experiments/config/same.h"

namespace curl_rl::experiments {

enum class RunStage {
  kAbsent,     // nothing there yet
  kStarted,    // it has a config and no checkpoint: it begins anew in its place
  kResumable,  // it has a checkpoint, and steps to go
  kFinished,   // it reached its budget
};

/// The stage of the run at RunDirectoryOf(config). Throws UsageError if that run is not the same in
/// the sense of `question`, naming the first key that differs, or if the folder holds something
/// that is no run, or one of more env steps than `config` asks for. A finished run of fewer can be
/// taken up.
RunStage StageOfRun(const ExperimentConfig& config, Same question);

}  // namespace curl_rl::experiments
