// A Python process that hosts one environment, as this process sees it: asked, answered, ended.
//
// Over a socket this process sends one byte a command, the host answers with one byte when it is
// done:
//   m  map the shared memory; offsets follow as four uint64: actions, state, frame, size of all
//   r  reset   s  step   o  draw (only if frames are drawn when asked for)
//   k  done    d  done, with a text behind its length as uint32: the first answer, a description
//   e  failed, with a text likewise: why; the host then ends
// Numbers lie in the shared memory: 0: reward, double; 8: flags, uint64, 1 terminated, 2 truncated;
// at their offsets actions and state, doubles, and the frame, uint8.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "envs/python/shared_memory.h"

namespace curl_rl::envs {

/// What a host is started with.
struct HostStart {
  std::string python;                  // interpreter; without a '/' looked for in PATH
  std::vector<std::string> arguments;  // of the script, behind its descriptors
  double time_limit = 60.0;            // seconds for any one answer
};

/// One host. It has a process group of its own, so that a terminal's Ctrl-C does not reach it, and
/// takes its children with it when it ends. It ends with this object, and with this process however
/// that ends: the kernel kills the group when our end of a pipe closes. What it prints, on either
/// stream, goes to this process's standard error; it has no input.
///
/// Every error is a std::runtime_error that says in words what happened; after one it is dead.
class HostProcess {
 public:
  /// Starts it; it then makes its environment.
  explicit HostProcess(const HostStart& start);
  /// Asks it to end, and kills it and its children if it does not.
  ~HostProcess();
  HostProcess(const HostProcess&) = delete;
  HostProcess& operator=(const HostProcess&) = delete;

  /// The text of its first answer.
  std::string Description();

  /// Lays out the shared memory and lets the host map it.
  void Map(const std::uint64_t (&offsets)[4]);

  /// Sends `command` and waits until it is done. `what` names it in messages: "step".
  void Ask(char command, const char* what);

  std::byte* memory() { return memory_.data(); }
  const std::byte* memory() const { return memory_.data(); }
  pid_t pid() const { return pid_; }

 private:
  void Send(const void* data, std::size_t count, const char* what);
  void Receive(void* data, std::size_t count, const char* what);
  std::string ReceiveText(const char* what);
  [[noreturn]] void FailAsEnded(const char* what);
  void End(int patience_ms);

  double time_limit_;
  SharedMemory memory_;
  int socket_ = -1;
  int life_ = -1;  // our end of the pipe whose closing kills the host
  pid_t pid_ = -1;
};

}  // namespace curl_rl::envs
