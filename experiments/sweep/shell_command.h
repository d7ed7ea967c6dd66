// Another program, run to its end for what it says.
#pragma once

#include <string>

namespace curl_rl::experiments {

struct CommandResult {
  int status = 0;  // the exit status; 127: there is no such program, -1: ended by a signal
  std::string out;
  std::string err;

  /// What was said, on either of the two.
  std::string text() const { return out + (out.empty() || err.empty() ? "" : "\n") + err; }
};

/// Runs `command` in the shell and returns what it wrote, without line ends at its end; words of a
/// user's own must be Quoted. Standard output and error are kept apart. Throws FileError if no
/// process can be started.
CommandResult RunCommand(const std::string& command);

}  // namespace curl_rl::experiments
