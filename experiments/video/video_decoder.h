// Videos and pictures read, by FFmpeg's libraries: whatever formats those know.
#pragma once

#include <functional>
#include <string>

#include "experiments/video/image.h"

namespace curl_rl::video {

/// Gives `take` the frames of the video or the picture at `path`, in order, until it returns false.
/// Only the file itself is opened, not what it may refer to. Throws std::runtime_error with the
/// path if it is none, ends in an error before its first frame, or if this build has no FFmpeg.
void DecodeFrames(const std::string& path, const std::function<bool(const Image&)>& take);

}  // namespace curl_rl::video
