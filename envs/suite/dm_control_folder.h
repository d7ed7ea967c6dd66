// Where an installed dm_control is, for the one domain whose model is its own.
#pragma once

#include <filesystem>
#include <string>

namespace curl_rl::envs::suite {

/// The folder of the Python package dm_control. Looked for where Python itself would: in the
/// folders of the environment variable PYTHONPATH, then among the packages of the interpreter
/// `python` (empty: python3 of PATH; without a '/' looked for in PATH), then among those that the
/// user installed without a virtual environment. Python is not run. Throws std::runtime_error that
/// lists the folders and says how to get it if it is in none.
std::filesystem::path FolderOfDmControl(const std::string& python);

}  // namespace curl_rl::envs::suite
