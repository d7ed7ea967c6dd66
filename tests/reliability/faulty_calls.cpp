// A library to preload: system calls that fail at the moment asked for.
#include "tests/reliability/faulty_calls.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace curl_rl::faults {
namespace {

FaultPlan* plan = nullptr;  // never freed: calls may come while the process ends
std::atomic<int> counted{0};
std::atomic<int> failed{0};

template <typename Function>
Function* Real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

bool Concerns(const char* path) {
  if (plan == nullptr || plan->under.empty()) return false;
  if (path[0] == '/') return std::strncmp(path, plan->under.c_str(), plan->under.size()) == 0;
  char folder[PATH_MAX];
  if (::getcwd(folder, sizeof folder) == nullptr) return false;
  return (std::string(folder) + "/" + path).compare(0, plan->under.size(), plan->under) == 0;
}

bool Concerns(int fd) {
  if (plan == nullptr || plan->under.empty()) return false;
  char link[64];
  char path[PATH_MAX];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const auto size = ::readlink(link, path, sizeof path - 1);
  if (size <= 0) return false;
  path[size] = '\0';
  return Concerns(path);
}

// As a decision that takes for ever: what waits here is heard of in `log` alone.
void WaitForEver(const std::string& log) {
  const int fd = ::creat(log.c_str(), 0600);
  const auto tell = [fd](const char* line) {
    if (::write(fd, line, std::strlen(line)) < 0) std::abort();
  };
  tell("waits\n");
  for (;;) {
    ::pause();  // returns when a handler has
    tell("signal\n");
  }
}

// Counts a call that concerns the plan. True if it must fail; errno is then set.
bool Fails(bool needs_space) {
  const int number = ++counted;
  if (!plan->hang.empty() && ::access(plan->hang.c_str(), F_OK) == 0) {
    WaitForEver(plan->hang + ".log");
  }
  const bool now = number == plan->at;
  const bool later = plan->forever && plan->at > 0 && number > plan->at && needs_space;
  if (!now && !later) return false;
  if (plan->kill) ::raise(SIGKILL);
  ++failed;
  errno = plan->error;
  return true;
}

// "under=/path,at=7,..." of the environment.
__attribute__((constructor)) void ReadEnvironment() {
  const char* text = std::getenv("CURL_RL_FAULT");
  if (text == nullptr) return;
  FaultPlan from_environment;
  for (const char* item = text; item != nullptr && *item != '\0';) {
    const char* end = std::strchr(item, ',');
    const std::string entry = end != nullptr ? std::string(item, end) : std::string(item);
    const auto equals = entry.find('=');
    const std::string key = entry.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : entry.substr(equals + 1);
    if (key == "under") from_environment.under = value;
    if (key == "at") from_environment.at = std::atoi(value.c_str());
    if (key == "error") from_environment.error = std::atoi(value.c_str());
    if (key == "forever") from_environment.forever = value == "1";
    if (key == "kill") from_environment.kill = value == "1";
    if (key == "hang") from_environment.hang = value;
    item = end != nullptr ? end + 1 : nullptr;
  }
  SetFaultPlan(from_environment);
}

// The number of calls, to the file that CURL_RL_FAULT_COUNT names.
__attribute__((destructor)) void TellCount() {
  const char* path = std::getenv("CURL_RL_FAULT_COUNT");
  if (path == nullptr) return;
  if (std::FILE* file = std::fopen(path, "w")) {
    std::fprintf(file, "%d %d\n", counted.load(), failed.load());
    std::fclose(file);
  }
}

}  // namespace

void SetFaultPlan(const FaultPlan& new_plan) {
  static FaultPlan* const kept = new FaultPlan;
  plan = nullptr;
  *kept = new_plan;
  counted = 0;
  failed = 0;
  plan = kept;
}

int CountedCalls() { return counted; }
int FailedCalls() { return failed; }

}  // namespace curl_rl::faults

using curl_rl::faults::Concerns;
using curl_rl::faults::Fails;
using curl_rl::faults::Real;

extern "C" {

ssize_t write(int fd, const void* bytes, size_t size) {
  static auto* const real = Real<ssize_t(int, const void*, size_t)>("write");
  if (!Concerns(fd) || !Fails(true)) return real(fd, bytes, size);
  // As a disk that fills up takes the first half of what is written.
  const int error = errno;
  if (size > 1 && real(fd, bytes, size / 2) < 0) return -1;
  errno = error;
  return -1;
}

int fsync(int fd) {
  static auto* const real = Real<int(int)>("fsync");
  return Concerns(fd) && Fails(true) ? -1 : real(fd);
}

int ftruncate(int fd, off_t size) noexcept {
  static auto* const real = Real<int(int, off_t)>("ftruncate");
  return Concerns(fd) && Fails(false) ? -1 : real(fd, size);
}

int open(const char* path, int flags, ...) {
  static auto* const real = Real<int(const char*, int, ...)>("open");
  mode_t mode = 0;
  if ((flags & O_CREAT) != 0) {
    va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
    if (Concerns(path) && Fails(true)) return -1;
  }
  return real(path, flags, mode);
}

int mkdir(const char* path, mode_t mode) noexcept {
  static auto* const real = Real<int(const char*, mode_t)>("mkdir");
  return Concerns(path) && Fails(true) ? -1 : real(path, mode);
}

int rename(const char* from, const char* to) noexcept {
  static auto* const real = Real<int(const char*, const char*)>("rename");
  return Concerns(to) && Fails(true) ? -1 : real(from, to);
}

int renameat2(int from_fd, const char* from, int to_fd, const char* to, unsigned flags) noexcept {
  static auto* const real = Real<int(int, const char*, int, const char*, unsigned)>("renameat2");
  return Concerns(to) && Fails(true) ? -1 : real(from_fd, from, to_fd, to, flags);
}

int unlink(const char* path) noexcept {
  static auto* const real = Real<int(const char*)>("unlink");
  return Concerns(path) && Fails(false) ? -1 : real(path);
}

int remove(const char* path) noexcept {
  static auto* const real = Real<int(const char*)>("remove");
  return Concerns(path) && Fails(false) ? -1 : real(path);
}

int unlinkat(int fd, const char* path, int flags) noexcept {
  static auto* const real = Real<int(int, const char*, int)>("unlinkat");
  const bool concerns = fd == AT_FDCWD ? Concerns(path) : Concerns(fd);
  return concerns && Fails(false) ? -1 : real(fd, path, flags);
}

}  // extern "C"
