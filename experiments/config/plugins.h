// What comes in files: shared libraries with environments (envs/plugin.h) or objectives
// (encoders/objective_plugin.h), and task files (task_file.h).
#pragma once

#include <string>
#include <vector>

namespace curl_rl::experiments {

/// Whether `path` is meant as a task file: it ends in .yaml or .yml.
bool IsTaskFile(const std::string& path);

/// Registers the environments of a task file or, for any other name, the environments and
/// objectives of a shared library, and returns the environments' names. A library stays loaded
/// until the process ends; a file that was loaded before is not loaded again. Throws UsageError
/// that begins with `path` if there is no such file, if it is not a plug-in or is one for another
/// program, or if a name is taken.
///
/// What a library's factory throws becomes a std::runtime_error that names library and environment;
/// so does an environment whose specs are not what its first frame and state vector are.
std::vector<std::string> LoadPlugin(const std::string& path);

/// The file that the environment `name` came from, with LoadPlugin; "": the program brings it.
std::string FileOfEnvironment(const std::string& name);

}  // namespace curl_rl::experiments
