// Looks for dm_control in the folders of Python's packages.
#include "envs/suite/dm_control_folder.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace curl_rl::envs::suite {
namespace {

namespace fs = std::filesystem;

// The folders that a variable such as PATH names.
std::vector<fs::path> FoldersOf(const char* variable) {
  std::vector<fs::path> folders;
  const char* text = std::getenv(variable);
  std::istringstream stream(text == nullptr ? "" : text);
  for (std::string folder; std::getline(stream, folder, ':');) {
    if (!folder.empty()) folders.emplace_back(folder);
  }
  return folders;
}

// <prefix>/<library>/python3.*/<packages>, sorted.
void AddVersions(const fs::path& library, const char* packages, std::vector<fs::path>* folders) {
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(library, none)) {
    if (entry.path().filename().string().rfind("python3", 0) != 0) continue;
    if (fs::is_directory(entry.path() / packages, none)) found.push_back(entry.path() / packages);
  }
  std::sort(found.begin(), found.end());
  folders->insert(folders->end(), found.begin(), found.end());
}

// The folder that `python` lies in; empty: there is none. A link is not followed: a virtual
// environment is known by the link's folder.
fs::path FolderOfPython(const std::string& python) {
  if (python.find('/') != std::string::npos) return fs::absolute(python).parent_path();
  std::error_code none;
  for (const fs::path& folder : FoldersOf("PATH")) {
    if (fs::exists(folder / (python.empty() ? "python3" : python), none)) return folder;
  }
  return {};
}

std::vector<fs::path> PackageFolders(const std::string& python) {
  std::vector<fs::path> folders = FoldersOf("PYTHONPATH");
  if (const fs::path folder = FolderOfPython(python); !folder.empty()) {
    const fs::path prefix = folder.lexically_normal().parent_path();
    AddVersions(prefix / "lib", "site-packages", &folders);
    AddVersions(prefix / "local" / "lib", "dist-packages", &folders);  // Debian's pip
    AddVersions(prefix / "lib", "dist-packages", &folders);            // Debian's packages
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    AddVersions(fs::path(home) / ".local" / "lib", "site-packages", &folders);
  }
  return folders;
}

}  // namespace

fs::path FolderOfDmControl(const std::string& python) {
  std::string tried;
  std::error_code none;
  for (const fs::path& folder : PackageFolders(python)) {
    if (fs::is_directory(folder / "dm_control" / "suite", none)) return folder / "dm_control";
    tried += "\n  " + folder.string();
  }
  if (tried.empty()) tried = "\n  any folder of Python packages: there is none";
  throw std::runtime_error(
      "the dog's model and meshes are dm_control's own and not part of this program: they are read "
      "from an installed dm_control, which was not found in" +
      tried +
      "\n`python3 -m venv venv && venv/bin/pip install dm_control` gets it; then "
      "environment.python=venv/bin/python, or PATH=$PWD/venv/bin:$PATH");
}

}  // namespace curl_rl::envs::suite
