// A child process that writes to a log, watched without waiting.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace curl_rl::experiments {

/// One running child; killed if it is still there when its owner goes.
class ChildProcess {
 public:
  /// Starts `words` (the program's path first) with standard output and error appended to `log` and
  /// no input. `environment` are NAME=VALUE that replace or add to this process's.
  ///
  /// The child has a process group of its own, so that a terminal's Ctrl-C does not reach it, and
  /// gets SIGTERM when this process dies, however that happens. Throws std::runtime_error.
  ChildProcess(const std::vector<std::string>& words, const std::string& log,
               const std::vector<std::string>& environment);
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept : pid_(other.pid_) { other.pid_ = -1; }
  ChildProcess& operator=(ChildProcess&& other) noexcept;

  /// Sends a signal, to it alone.
  void Signal(int signal) const;

  /// nullopt while it runs; then "" if it exited with status 0, else what happened to it in words.
  std::optional<std::string> Poll();

 private:
  pid_t pid_ = -1;
};

/// `text` as one word for a shell: 'it'\''s'.
std::string Quoted(const std::string& text);

/// The same, without quotes where none are needed: for commands that are shown.
std::string ShellWord(const std::string& text);

/// The absolute path of the program that runs now.
std::string OwnProgram();

}  // namespace curl_rl::experiments
