// Starts a host, talks to it with a time limit, and ends it with all that it began.
#include "envs/python/host_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "envs/python/host_script.h"

namespace curl_rl::envs {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kSliceMs = 50;       // between looks at whether the host still lives
constexpr int kPatienceMs = 1000;  // for an orderly end
constexpr std::uint32_t kMostText = 1 << 16;

// The first argument is the descriptor of the script. So old a Python that it cannot read the
// script must be able to read this.
constexpr char kBegin[] =
    "import os, sys\n"
    "if sys.version_info < (3, 8): sys.exit('Python ' + sys.version.split()[0] + ' is too old; "
    "allowed: 3.8 or newer')\n"
    "with os.fdopen(int(sys.argv.pop(1)), encoding='utf-8') as script: text = script.read()\n"
    "exec(compile(text, 'curl_rl_host.py', 'exec'))\n";

[[noreturn]] void FailWith(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

// Closed when its owner goes.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }
  int Release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

// The script as an open file without a name, at its beginning.
int OpenScript() {
  Descriptor file(::memfd_create("curl-rl host script", MFD_CLOEXEC));
  const std::size_t size = std::strlen(kHostScript);
  if (file.get() < 0 || ::pwrite(file.get(), kHostScript, size, 0) != static_cast<ssize_t>(size)) {
    FailWith(errno, "the script of a host cannot be written to memory");
  }
  return file.Release();
}

// What posix_spawn takes besides the words; freed when it goes.
class SpawnSettings {
 public:
  SpawnSettings() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, 2, 1);
  }
  ~SpawnSettings() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  // It stays open, under its number.
  void Keep(int descriptor) {
    ::posix_spawn_file_actions_adddup2(&actions_, descriptor, descriptor);
  }

  pid_t Spawn(std::vector<std::string> words) {
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_t pid = -1;
    const int error =
        ::posix_spawnp(&pid, argv.front(), &actions_, &attributes_, argv.data(), ::environ);
    if (error == 0) return pid;
    throw std::runtime_error("Python '" + words.front() +
                             "' cannot be started: " + std::generic_category().message(error) +
                             (words.front().find('/') == std::string::npos ? " in PATH" : "") +
                             "; the key environment.python names one");
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

std::string EndInWords(const siginfo_t& end) {
  if (end.si_code == CLD_EXITED) return "exit status " + std::to_string(end.si_status);
  const char* const name = ::sigdescr_np(end.si_status);
  return "killed by signal " + std::to_string(end.si_status) + " (" + (name ? name : "?") + ")" +
         (end.si_status == SIGKILL ? ", perhaps for want of memory" : "");
}

// Whether the child has ended, and how; it is not reaped, so that its number stays its own.
bool HasEnded(pid_t pid, siginfo_t* end) {
  *end = {};
  return ::waitid(P_PID, static_cast<id_t>(pid), end, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         end->si_pid == pid;
}

bool EndsWithin(pid_t pid, int milliseconds, siginfo_t* end) {
  const auto until = Clock::now() + std::chrono::milliseconds(milliseconds);
  for (;;) {
    if (HasEnded(pid, end)) return true;
    if (Clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

std::string Seconds(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%g s", seconds);
  return text;
}

}  // namespace

HostProcess::HostProcess(const HostStart& start)
    : time_limit_(start.time_limit), memory_("curl-rl environment") {
  int pair[2], pipe[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
    FailWith(errno, "a socket for Python cannot be made");
  }
  Descriptor ours(pair[0]), theirs(pair[1]);
  if (::pipe2(pipe, O_CLOEXEC) != 0) FailWith(errno, "a pipe for Python cannot be made");
  Descriptor their_life(pipe[0]), our_life(pipe[1]);
  const Descriptor script(OpenScript());
  timeval slice{};
  slice.tv_usec = kSliceMs * 1000;
  ::setsockopt(ours.get(), SOL_SOCKET, SO_RCVTIMEO, &slice, sizeof slice);

  SpawnSettings settings;
  std::vector<std::string> words = {start.python, "-X", "faulthandler", "-c", kBegin};
  for (const int descriptor :
       {script.get(), theirs.get(), memory_.descriptor(), their_life.get()}) {
    settings.Keep(descriptor);
    words.push_back(std::to_string(descriptor));
  }
  words.insert(words.end(), start.arguments.begin(), start.arguments.end());
  pid_ = settings.Spawn(std::move(words));
  socket_ = ours.Release();
  life_ = our_life.Release();
}

HostProcess::~HostProcess() { End(kPatienceMs); }

// Its group is killed while its number is still its own, for what it may have begun.
void HostProcess::End(int patience_ms) {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  if (pid_ > 0) {
    siginfo_t end;
    EndsWithin(pid_, patience_ms, &end);
    ::kill(-pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
  }
  if (life_ >= 0) ::close(std::exchange(life_, -1));
}

void HostProcess::FailAsEnded(const char* what) {
  siginfo_t end;
  const bool ended = EndsWithin(pid_, kPatienceMs, &end);
  End(0);
  throw std::runtime_error(std::string(what) + ": the Python process " +
                           (ended ? "ended: " + EndInWords(end) : "closed its connection") +
                           "; what it printed is on the standard error");
}

void HostProcess::Send(const void* data, std::size_t count, const char* what) {
  if (socket_ < 0) throw std::runtime_error(std::string(what) + ": its Python process has ended");
  // So few bytes always fit: all of an answer is read before the next command.
  if (::send(socket_, data, count, MSG_NOSIGNAL) != static_cast<ssize_t>(count)) FailAsEnded(what);
}

void HostProcess::Receive(void* data, std::size_t count, const char* what) {
  const auto begun = Clock::now();
  auto* at = static_cast<char*>(data);
  while (count > 0) {
    const ssize_t got = ::recv(socket_, at, count, 0);
    if (got > 0) {
      at += got;
      count -= static_cast<std::size_t>(got);
      continue;
    }
    siginfo_t end;
    // A process that the environment forked may hold the socket open when the host is gone.
    if (got == 0 || (errno != EAGAIN && errno != EINTR) || HasEnded(pid_, &end)) FailAsEnded(what);
    const std::chrono::duration<double> waited = Clock::now() - begun;
    if (waited.count() < time_limit_) continue;
    End(0);
    throw std::runtime_error(std::string(what) + ": no answer from Python within " +
                             Seconds(time_limit_) +
                             "; the key environment.python_time_limit allows for more");
  }
}

std::string HostProcess::ReceiveText(const char* what) {
  std::uint32_t size = 0;
  Receive(&size, sizeof size, what);
  if (size > kMostText) {
    End(0);
    throw std::runtime_error(std::string(what) + ": the answer of Python is not to be understood");
  }
  std::string text(size, '\0');
  Receive(text.data(), size, what);
  return text;
}

std::string HostProcess::Description() {
  char answer = 0;
  Receive(&answer, 1, "it cannot be made");
  const std::string text = ReceiveText("it cannot be made");
  if (answer == 'd') return text;
  End(0);
  throw std::runtime_error(text);
}

void HostProcess::Map(const std::uint64_t (&offsets)[4]) {
  memory_.Map(offsets[3]);
  char command[1 + sizeof offsets] = {'m'};
  std::memcpy(command + 1, offsets, sizeof offsets);
  Send(command, sizeof command, "mapping memory");
  char answer = 0;
  Receive(&answer, 1, "mapping memory");
  if (answer != 'k') throw std::runtime_error(ReceiveText("mapping memory"));
}

void HostProcess::Ask(char command, const char* what) {
  Send(&command, 1, what);
  char answer = 0;
  Receive(&answer, 1, what);
  if (answer == 'k') return;
  const std::string text = ReceiveText(what);
  End(0);
  throw std::runtime_error(text);
}

}  // namespace curl_rl::envs
