// A task without C++: a MuJoCo model and a YAML file that says what is done with it. The format is
// described in docs/environments.md.
#pragma once

#include <string>

#include "envs/described_task.h"
#include "envs/registry.h"

namespace curl_rl::experiments {

/// Reads and checks a task file, against its model too. Throws UsageError with file:line:column,
/// what was wrong and what is allowed: unknown keys, wrong values, names that the model does not
/// have.
envs::TaskDescription ReadTaskFile(const std::string& path);

/// The same for the text of the file at `path`, in whose folder the model is.
envs::TaskDescription ParseTask(const std::string& text, const std::string& path);

/// The model that a task file names, a path. Errors as ReadTaskFile's.
std::string ModelOfTaskFile(const std::string& path);

/// The task as an environment to be registered.
envs::EnvironmentInfo TaskOfFile(const std::string& path);

}  // namespace curl_rl::experiments
