// Whether the system lets this process have the files open that it is going to open.
#pragma once

namespace curl_rl::experiments {

/// Descriptors that a run wants beside those that are open when it begins: its logs, lock and
/// checkpoint, what libraries open for a moment, a device of OpenGL's, a video.
constexpr int kRunDescriptors = 12;
/// What an environment hosted by Python wants besides: its socket, its life line, shared memory and
/// pipes while it starts.
constexpr int kHostedDescriptors = 8;

/// Has `count` more descriptors open at once, for a moment. Throws std::runtime_error where they
/// cannot be had, with how many can, the limits and what to do. To be asked first: a run that
/// meets its limit later may have no descriptor left to say so in its files.
void CheckDescriptors(int count);

}  // namespace curl_rl::experiments
