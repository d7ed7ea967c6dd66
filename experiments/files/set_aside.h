// What is in the way is renamed, never removed.
#pragma once

#include <string>

namespace curl_rl::experiments {

/// Renames the file, link or folder at `path` to the first of path.old_1, path.old_2, ... that is
/// free, and returns that; "" if there is nothing at `path`. Throws std::filesystem's error if it
/// cannot be renamed.
std::string SetAside(const std::string& path);

}  // namespace curl_rl::experiments
