// Where the models (MJCF files) are at run time.
#pragma once

#include <string>

namespace curl_rl::envs {

/// The full path of a model, e.g. "suite/cartpole.xml". Looked for, in this order, in the folder
/// that the environment variable CURL_RL_MODELS names, in ../share/curl_rl/models beside the
/// running program, in the package that the program was built against, in the installed prefix, and
/// in the source tree. Throws std::runtime_error that lists the folders if it is in none.
std::string ModelPath(const std::string& file);

}  // namespace curl_rl::envs
