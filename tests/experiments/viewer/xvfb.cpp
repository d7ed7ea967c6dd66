// Starts and stops an X server without a screen.
#include "tests/experiments/viewer/xvfb.h"

#include <X11/Xatom.h>
#include <X11/Xlib.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace curl_rl::viewer {
namespace {

std::string OutputOf(const std::string& command) {
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
  std::string output;
  std::array<char, 256> part;
  while (std::fgets(part.data(), part.size(), pipe) != nullptr) output += part.data();
  ::pclose(pipe);
  while (!output.empty() && output.back() == '\n') output.pop_back();
  return output;
}

void Exec(std::vector<std::string> words) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  ::execvp(pointers[0], pointers.data());
  ::_exit(127);
}

}  // namespace

bool HaveXvfb() {
  return std::system("command -v Xvfb >/dev/null 2>&1 && command -v xdotool >/dev/null 2>&1") == 0;
}

Xvfb::Xvfb(int width, int height) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
  pid_ = ::fork();
  if (pid_ == 0) {
    ::close(ends[0]);
    const int null = ::open("/dev/null", O_WRONLY);
    ::dup2(null, 2);
    Exec({"Xvfb", "-displayfd", std::to_string(ends[1]), "-screen", "0",
          std::to_string(width) + "x" + std::to_string(height) + "x24", "-nolisten", "tcp",
          "-noreset"});
  }
  ::close(ends[1]);
  std::string number;
  for (char c = 0; ::read(ends[0], &c, 1) == 1 && c != '\n';) number += c;
  ::close(ends[0]);
  if (number.empty()) throw std::runtime_error("Xvfb did not start");
  display_ = ":" + number;
}

Xvfb::~Xvfb() {
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
}

void Xvfb::SetResources(const std::string& text) const {
  Display* display = XOpenDisplay(display_.c_str());
  if (display == nullptr) throw std::runtime_error("cannot open " + display_);
  XChangeProperty(display, DefaultRootWindow(display), XA_RESOURCE_MANAGER, XA_STRING, 8,
                  PropModeReplace, reinterpret_cast<const unsigned char*>(text.data()),
                  static_cast<int>(text.size()));
  XCloseDisplay(display);
}

void Xvfb::RequestClose(const std::string& window) const {
  Display* display = XOpenDisplay(display_.c_str());
  if (display == nullptr) throw std::runtime_error("cannot open " + display_);
  XEvent event = {};
  event.xclient.type = ClientMessage;
  event.xclient.window = std::strtoul(window.c_str(), nullptr, 10);
  event.xclient.message_type = XInternAtom(display, "WM_PROTOCOLS", False);
  event.xclient.format = 32;
  event.xclient.data.l[0] = static_cast<long>(XInternAtom(display, "WM_DELETE_WINDOW", False));
  XSendEvent(display, event.xclient.window, False, NoEventMask, &event);
  XCloseDisplay(display);
}

std::string Xvfb::Xdotool(const std::string& arguments) const {
  return OutputOf("DISPLAY=" + display_ + " xdotool " + arguments + " 2>/dev/null");
}

ViewerProcess::ViewerProcess(const Xvfb& xvfb, const std::vector<std::string>& arguments)
    : xvfb_(xvfb) {
  std::vector<std::string> words = {CURL_RL_PROGRAM, "render"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  pid_ = ::fork();
  if (pid_ != 0) return;
  // A child has one thread. NOLINTBEGIN(concurrency-mt-unsafe)
  ::setenv("DISPLAY", xvfb.display().c_str(), 1);
  ::unsetenv("WAYLAND_DISPLAY");
  // Drivers and X libraries keep memory to the end of a program; other errors are still found.
  ::setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
  // NOLINTEND(concurrency-mt-unsafe)
  if (::chdir(directory_.path().c_str()) != 0) ::_exit(126);
  ::dup2(::open("out", O_WRONLY | O_CREAT, 0666), 1);
  ::dup2(::open("err", O_WRONLY | O_CREAT, 0666), 2);
  Exec(words);
}

ViewerProcess::~ViewerProcess() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void ViewerProcess::Sleep(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

bool ViewerProcess::AwaitWindow() {
  for (int i = 0; i < 300; ++i) {
    siginfo_t ended = {};  // looked at, not collected
    if (::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        ended.si_pid != 0) {
      return false;
    }
    window_ = xvfb_.Xdotool("search --onlyvisible --name 'seed [0-9]+, episode'");
    if (!window_.empty()) return true;
    Sleep(0.1);
  }
  return false;
}

std::string ViewerProcess::Title() const { return xvfb_.Xdotool("getwindowname " + window_); }

long ViewerProcess::Number(const std::string& word) const {
  const std::string title = Title();
  const std::size_t at = title.find(word + " ");
  return at == std::string::npos ? -1 : std::atol(title.c_str() + at + word.size() + 1);
}

std::string ViewerProcess::Picture() {
  const std::string number = std::to_string(++pictures_);
  const std::string name = "_" + std::string(3 - number.size(), '0') + number + ".png";
  Key("p");
  std::string path;
  Await([&] {
    for (const std::string& entry : directory_.Entries()) {
      const std::size_t at = entry.find(name);
      if (at != std::string::npos && at + name.size() == entry.size()) path = entry;
    }
    return !path.empty();
  });
  return path.empty() ? "" : directory_.Read(path);
}

void ViewerProcess::Signal(int signal) const { ::kill(pid_, signal); }

int ViewerProcess::Wait() {
  int status = 0;
  const bool ended = Await([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; });
  if (!ended) return -1;
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace curl_rl::viewer
