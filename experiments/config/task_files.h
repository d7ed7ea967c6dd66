// The files that decide what a task is, told by their content: task file, model with all that it is
// made of, plug-in, pictures and videos behind it. Kept in run.json, so that a change between two
// parts of a run is seen.
#pragma once

#include <map>
#include <string>

#include "experiments/config/config.h"

namespace curl_rl::experiments {

/// File to a hash of its bytes (a name-based UUID, RFC 4122 version 5, which is made of SHA-1).
/// Names are relative to the folder of the task file or library, so that both may move; pictures
/// and videos are called as the config's disturbances do.
using TaskFiles = std::map<std::string, std::string>;

/// Those of the config's task, as they are now; empty for one that this program brings itself. A
/// model that a plug-in reads on its own is seen if its EnvironmentInfo says `files`. Throws
/// std::runtime_error that names a file that cannot be read.
TaskFiles FilesOfTask(const ExperimentConfig& config);

/// "arm.xml has changed, wall.stl is gone, floor.png is new"; "": they are the same.
std::string ChangesOf(const TaskFiles& before, const TaskFiles& now);

}  // namespace curl_rl::experiments
