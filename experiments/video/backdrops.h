// The pictures and videos that a disturbed task has behind it, read from their files.
#pragma once

#include <memory>

#include "envs/registry.h"

namespace curl_rl::video {

/// What `disturbances` show behind a task (FilesOfClips, experiments/config/backdrop_files.h), each
/// picture stretched to `side` x `side` pixels by areas; null if they need no files. Held once
/// however many ask, as long as one of them has it. Throws std::runtime_error that names the file.
std::shared_ptr<const envs::Backdrop> LoadBackdrop(const envs::Disturbances& disturbances,
                                                   int side);

/// Gives `options` these disturbances, with what they need of files.
void SetDisturbances(const envs::Disturbances& disturbances, envs::EnvironmentOptions* options);

}  // namespace curl_rl::video
