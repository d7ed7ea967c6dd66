// The program `curl-rl` as a function, so that a user's own program can add environments first:
//
//   int main(int argc, char** argv) {
//     curl_rl::envs::Register({"my_task", "what it is", "whence it comes", MakeMyTask});
//     return curl_rl::experiments::Main(argc, argv);
//   }
#pragma once

namespace curl_rl::experiments {

/// Runs the command that argv[1] names and returns the exit status: 0 done, 1 failed while running,
/// 2 wrong arguments or config. Messages go to stderr; no exception leaves.
int Main(int argc, char** argv);

/// Says on descriptor 2 that memory ran out, without asking for any.
void WriteOutOfMemory();

}  // namespace curl_rl::experiments
