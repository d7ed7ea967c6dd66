// The program run as a user runs it.
#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <string>

#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {

struct Outcome {
  int status = 0;
  std::string out;
  std::string err;
};

/// Runs `curl-rl arguments` in `directory`; a shell parses the arguments.
inline Outcome RunProgram(const TemporaryDirectory& directory, const std::string& arguments) {
  const TemporaryDirectory output;
  const std::string command = "cd '" + directory.path() + "' && '" CURL_RL_PROGRAM "' " +
                              arguments + " >'" + output.File("out") + "' 2>'" +
                              output.File("err") + "' </dev/null";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output.Read("out"), output.Read("err")};
}

}  // namespace curl_rl::experiments
