// How far the run of a config has come, by looking at its folder: to go on with it or to start it.
#pragma once

#include <string>

#include "experiments/config/config.h"

namespace curl_rl::experiments {

enum class RunStage {
  kAbsent,     // nothing there yet
  kStarted,    // it has a config and no checkpoint: it begins anew in its place
  kResumable,  // it has a checkpoint
  kFinished,   // it reached its budget
};

/// The stage of the run at RunDirectoryOf(config). Throws UsageError if another config's run is
/// there, naming the first key that differs, or if the folder holds something that is no run.
/// Where a run works makes no other config: run_dir, device and threads may differ.
RunStage StageOfRun(const ExperimentConfig& config);

}  // namespace curl_rl::experiments
