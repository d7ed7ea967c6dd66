// The pictures and videos that a disturbed task has behind it, read from their files.
#pragma once

#include <memory>

#include "envs/registry.h"

namespace curl_rl::video {

/// So many frames of a video are used at most, its first; an episode of the suite has as many.
constexpr int kMostFrames = 1000;

/// What `disturbances` show behind a task, each picture stretched to `side` x `side` pixels by
/// areas; null if they need no files. Pictures are the files of a folder, in the order of their
/// names; a video is a file or a folder of frames, several are a folder of these. Hidden files are
/// left out. Held once however many ask, as long as one of them has it. Throws std::runtime_error
/// that names the file.
std::shared_ptr<const envs::Backdrop> LoadBackdrop(const envs::Disturbances& disturbances,
                                                   int side);

/// Gives `options` these disturbances, with what they need of files.
void SetDisturbances(const envs::Disturbances& disturbances, envs::EnvironmentOptions* options);

}  // namespace curl_rl::video
