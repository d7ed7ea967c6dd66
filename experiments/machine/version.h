// What this program is, as known when it was built.
#pragma once

namespace curl_rl::experiments {

extern const char* const kVersion;    // of the CMake project
extern const char* const kGitCommit;  // "unknown" outside a git work tree
extern const char* const kCompiler;   // name and version

}  // namespace curl_rl::experiments
