// By popen, with standard error in a file of its own.
#include "experiments/sweep/shell_command.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "experiments/files/atomic_file.h"
#include "experiments/sweep/child_process.h"

namespace curl_rl::experiments {
namespace {

std::string WithoutLineEnd(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

CommandResult RunCommand(const std::string& command) {
  std::string name = (std::filesystem::temp_directory_path() / "curl_rl_command_XXXXXX").string();
  const FileDescriptor err(::mkostemp(name.data(), O_CLOEXEC));
  if (err.get() < 0) ThrowErrno(name, "cannot create");
  std::FILE* const pipe = ::popen(("(" + command + ") 2>" + Quoted(name)).c_str(), "r");
  if (pipe == nullptr) ThrowErrno(command, "cannot be run");
  CommandResult result;
  char buffer[4096];
  for (std::size_t size; (size = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    result.out.append(buffer, size);
  }
  const int status = ::pclose(pipe);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  result.out = WithoutLineEnd(result.out);
  result.err = WithoutLineEnd(ReadWholeFile(name));
  ::unlink(name.c_str());
  return result;
}

}  // namespace curl_rl::experiments
