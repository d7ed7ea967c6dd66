// Forks and executes a program with its output in a log, and ends it with this process.
#include "experiments/sweep/child_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "experiments/files/atomic_file.h"

namespace curl_rl::experiments {
namespace {

constexpr int kCannotStart = 127;  // as the shell says

std::string NameOf(const std::string& variable) {
  return variable.substr(0, variable.find('=') + 1);
}

// This process's environment with `changes` in place.
std::vector<std::string> Environment(const std::vector<std::string>& changes) {
  std::vector<std::string> result = changes;
  for (char** entry = ::environ; *entry != nullptr; ++entry) {
    bool changed = false;
    for (const std::string& change : changes) changed |= NameOf(*entry) == NameOf(change);
    if (!changed) result.emplace_back(*entry);
  }
  return result;
}

std::vector<char*> Pointers(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& words, const std::string& log,
                           const std::vector<std::string>& environment) {
  // Everything that allocates is done before the fork; the child only makes system calls.
  const std::vector<std::string> variables = Environment(environment);
  const std::vector<char*> argv = Pointers(words);
  const std::vector<char*> envp = Pointers(variables);
  const FileDescriptor out(::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (out.get() < 0) ThrowErrno(log, "cannot open");
  const FileDescriptor in(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const pid_t parent = ::getpid();

  pid_ = ::fork();
  if (pid_ < 0) ThrowErrno(words.front(), "cannot be started");
  if (pid_ > 0) return;
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(0);  // it died before the line above
  ::dup2(in.get(), 0);
  ::dup2(out.get(), 1);
  ::dup2(out.get(), 2);
  ::signal(SIGPIPE, SIG_DFL);
  ::signal(SIGXFSZ, SIG_DFL);
  ::execve(argv.front(), argv.data(), envp.data());
  const char* const reason = ::strerrordesc_np(errno);  // a fork may call it
  [[maybe_unused]] ssize_t ignored = ::write(2, reason, ::strlen(reason));
  ::_exit(kCannotStart);
}

ChildProcess::~ChildProcess() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  return *this;
}

void ChildProcess::Signal(int signal) const {
  if (pid_ > 0) ::kill(pid_, signal);
}

std::optional<std::string> ChildProcess::Poll() {
  int status = 0;
  const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
  if (ended == 0 || (ended < 0 && errno == EINTR)) return std::nullopt;
  pid_ = -1;
  if (ended < 0) return std::string("is lost: ") + std::generic_category().message(errno);
  if (WIFEXITED(status)) {
    const int code = WEXITSTATUS(status);
    return code == 0 ? "" : "exit status " + std::to_string(code);
  }
  const int signal = WTERMSIG(status);
  // The kernel leaves no note for the process itself when it runs out of memory.
  const char* const name = ::sigdescr_np(signal);
  return "killed by signal " + std::to_string(signal) + " (" + (name ? name : "?") + ")" +
         (signal == SIGKILL ? ", perhaps for want of memory" : "");
}

std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string ShellWord(const std::string& text) {
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) != 0 || std::strchr("_-./=,:+@%", c) != nullptr;
  };
  const bool bare = !text.empty() && text.find('\0') == std::string::npos &&
                    std::all_of(text.begin(), text.end(), plain);
  return bare ? text : Quoted(text);
}

std::string OwnProgram() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

}  // namespace curl_rl::experiments
