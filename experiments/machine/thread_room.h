// Whether the system lets this process have the threads that it is going to make.
#pragma once

namespace curl_rl::experiments {

/// Makes `count` threads that do nothing, at once, and lets them end. Throws std::runtime_error
/// where they cannot be had (`ulimit -u`, `-s`, `-v`, `-d`, a control group's number of processes),
/// with the limits. To be asked first: a pool of LibTorch's waits for ever for a thread that was
/// refused.
void CheckThreads(int count);

}  // namespace curl_rl::experiments
