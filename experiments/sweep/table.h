// The live table of a sweep: plain data in, lines of text out.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "experiments/sweep/grid.h"
#include "experiments/sweep/run_log.h"

namespace curl_rl::experiments {

enum class RowState { kWaiting, kRunning, kFinished, kFailed, kStopped };

/// One run as the table shows it.
struct SweepRow {
  const Element* element = nullptr;
  RowState state = RowState::kWaiting;
  bool before = false;       // kFinished: found so, not run now
  TrainProgress progress;    // env_step 0: nothing known
  double evaluation = 0.0;   // mean return of the newest one; NaN: none yet
  std::string problem = {};  // of kFailed, in words
  double seconds = 0.0;      // of kFinished: how long the whole run took; 0: not seen
};

/// "12 runs: 3 finished, 2 running, 7 waiting; about 12:40 left". `jobs` run at once.
std::string SummaryLine(const std::vector<SweepRow>& rows, int jobs);

/// The summary, a header, and a line a run, none wider than `width` characters. Of more runs than
/// fit into `max_lines` those that are finished or wait longest are left out, and counted.
std::vector<std::string> TableLines(const std::vector<SweepRow>& rows, int jobs,
                                    std::size_t max_lines, std::size_t width);

}  // namespace curl_rl::experiments
