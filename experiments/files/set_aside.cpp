// Looks for the first free name; a link that leads nowhere is there too.
#include "experiments/files/set_aside.h"

#include <filesystem>

namespace curl_rl::experiments {

std::string SetAside(const std::string& path) {
  namespace fs = std::filesystem;
  if (!fs::exists(fs::symlink_status(path))) return "";
  std::string kept;
  int number = 1;
  do {
    kept = path + ".old_" + std::to_string(number++);
  } while (fs::exists(fs::symlink_status(kept)));
  fs::rename(path, kept);
  return kept;
}

}  // namespace curl_rl::experiments
