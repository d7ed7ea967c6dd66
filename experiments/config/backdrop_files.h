// The files of which a disturbed task shows pictures and videos behind itself.
#pragma once

#include <string>
#include <vector>

#include "envs/disturbances.h"
#include "experiments/config/config.h"

namespace curl_rl::experiments {

/// So many frames of a video are used at most, its first; an episode of the suite has as many.
constexpr int kMostFrames = 1000;

/// What `disturbances` show, each a picture or a video: its file or, of a video that is a folder of
/// frames, its first kMostFrames. Pictures are the files of a folder, in the order of their names;
/// a video is a file or a folder of frames, several are a folder of these. Hidden files are left
/// out. Empty if they need no files. Throws std::runtime_error that names a file or folder that is
/// missing, empty or of the other kind.
std::vector<std::vector<std::string>> FilesOfClips(const envs::Disturbances& disturbances);

/// All files behind the config's task, in training and in evaluation. Errors as FilesOfClips.
std::vector<std::string> BackdropFilesOf(const ExperimentConfig& config);

}  // namespace curl_rl::experiments
