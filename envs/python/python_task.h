// Tasks that are Python's: how they are named, and how one becomes an environment.
#pragma once

#include <string>

#include "envs/registry.h"

namespace curl_rl::envs {

/// Whether `text` is meant as such: it begins with "gymnasium:", "dm_env:" or "python:".
bool IsPythonTask(const std::string& text);

/// `text` with its file, if it names one (python:FILE.py:FUNCTION), below `folder` unless it is
/// absolute; `folder` empty: the working directory.
std::string AbsolutePythonTask(const std::string& text, const std::string& folder);

/// The environment to be registered for
///   gymnasium:ID                  what gymnasium.make(ID) makes
///   dm_env:MODULE:FUNCTION        what a function makes that has dm_env's interface
///   python:FILE.py:FUNCTION       either, told apart by what it has
/// where MODULE, FILE.py may stand for each other. Its name is the text in snake_case without
/// folders: gymnasium_pendulum_v1. No process is started before it is made. Throws
/// std::invalid_argument that says what is allowed.
EnvironmentInfo PythonTask(const std::string& text);

}  // namespace curl_rl::envs
