// Looks for a model in the folders where one may be, from the user's to the source tree's.
#include "envs/model_path.h"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <vector>

// Defined where a program is built against the installed package (cmake/installed_models.cpp).
extern "C" __attribute__((weak)) const char* curl_rl_package_models();

namespace curl_rl::envs {

std::string ModelPath(const std::string& file) {
  namespace fs = std::filesystem;
  std::vector<fs::path> folders;
  if (const char* named = std::getenv("CURL_RL_MODELS"); named != nullptr && *named != '\0') {
    folders.emplace_back(named);
  }
  std::error_code none;  // no /proc: the folder beside the program is simply not tried
  const fs::path program = fs::read_symlink("/proc/self/exe", none);
  if (!none) {
    folders.push_back(program.parent_path().parent_path() / "share" / "curl_rl" / "models");
  }
  if (curl_rl_package_models != nullptr) folders.emplace_back(curl_rl_package_models());
  folders.emplace_back(CURL_RL_INSTALLED_MODELS);  // both are defined in CMakeLists.txt
  folders.emplace_back(CURL_RL_SOURCE_MODELS);

  std::string tried;
  for (const fs::path& folder : folders) {
    if (fs::exists(folder / file, none)) return (folder / file).string();
    tried += "\n  " + folder.string();
  }
  throw std::runtime_error("model " + file + " was not found in" + tried +
                           "\n(the environment variable CURL_RL_MODELS may name its folder)");
}

}  // namespace curl_rl::envs
