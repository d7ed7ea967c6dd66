// What comes in files: shared libraries with environments (envs/plugin.h) or objectives
// (encoders/objective_plugin.h), task files (task_file.h), and environments of Python.
#pragma once

#include <string>
#include <vector>

namespace curl_rl::experiments {

/// Whether `path` is meant as a task file: it ends in .yaml or .yml.
bool IsTaskFile(const std::string& path);

/// Whether `text`, given as a task, names it by what brings it: a task file, or an environment of
/// Python (envs/python/python_task.h).
bool BringsTask(const std::string& text);

/// A plug-in as LoadPlugin takes it, its file below `folder` unless that is absolute; `folder`
/// empty: the working directory.
std::string AbsolutePlugin(const std::string& path, const std::string& folder);

/// Registers the environment of a task file or of Python, or, for any other name, the environments
/// and objectives of a shared library, and returns the environments' names. A library stays loaded
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
