// An environment that a Python process hosts.
#pragma once

#include <memory>
#include <string>

#include "envs/environment.h"
#include "envs/registry.h"

namespace curl_rl::envs {

/// What is to be hosted.
struct HostedTask {
  std::string spec;   // as the user named it: what messages begin with
  std::string kind;   // "gymnasium", "dm_env" or "python"
  std::string where;  // module, or file FILE.py; empty for gymnasium
  std::string make;   // function, or Gymnasium's id
};

/// Starts Python and makes the environment; that takes as long as its imports do. Throws
/// std::runtime_error that begins with the spec and says what was wrong, got and allowed.
///
/// The seed decides the environment's random stream: given to Gymnasium's first `reset`, to a
/// parameter `seed` of the function, and to Python's and numpy's own streams. There are no
/// snapshots.
std::unique_ptr<Environment> MakeHosted(const HostedTask& task, const EnvironmentOptions& options);

}  // namespace curl_rl::envs
