// Episodes of one environment as JSON lines.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "envs/environment.h"
#include "experiments/play/policy.h"
#include "experiments/video/film.h"

namespace curl_rl::experiments {

/// Writes one JSON object a control step, "step":0 for the reset:
/// {"episode","step","reward","terminated","truncated","qpos","qvel","observation","action"}.
/// Numbers have 17 significant digits, so that they read back to the same double. "action" is what
/// led to this row ([] at step 0); qpos and qvel are [] if the environment has no MuJoCo state;
/// "observation" maps each state entry to its numbers. `episodes` 0: until the policy ends.
/// Returns the number of control steps made. What is needed to film the episodes is appended to
/// `recordings` unless it is null.
std::int64_t WriteRollout(envs::Environment& environment, Policy& policy, std::int64_t episodes,
                          std::ostream& out, std::vector<video::Recording>* recordings = nullptr);

/// For each line {"qpos","qvel","ctrl"} of the file at `path` one line {"reward","observation"} of
/// that state. Throws UsageError with file:line for a line that is not such, or if the environment
/// is not MuJoCo's.
void WriteStates(envs::Environment& environment, const std::string& path, std::ostream& out);

}  // namespace curl_rl::experiments
