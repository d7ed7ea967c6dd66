// A display without a screen, and the program on it, with keys and a mouse that nobody touches.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "tests/experiments/temporary_directory.h"

namespace curl_rl::viewer {

/// Whether Xvfb and xdotool are installed.
bool HaveXvfb();

/// An X server of its own, ended with this object.
class Xvfb {
 public:
  /// A screen of `width` x `height` pixels. Throws std::runtime_error.
  Xvfb(int width, int height);
  ~Xvfb();
  Xvfb(const Xvfb&) = delete;
  Xvfb& operator=(const Xvfb&) = delete;

  const std::string& display() const { return display_; }

  /// The display's resources, as xrdb sets them: "Xft.dpi: 192\n".
  void SetResources(const std::string& text) const;

  /// Asks a window to close, as a window manager does whose button is pressed.
  void RequestClose(const std::string& window) const;

  /// xdotool's output; "" if it failed.
  std::string Xdotool(const std::string& arguments) const;

 private:
  pid_t pid_ = -1;
  std::string display_;
};

/// `curl-rl render arguments` on that display, working in a folder of its own. Killed with this
/// object if it has not ended.
class ViewerProcess {
 public:
  ViewerProcess(const Xvfb& xvfb, const std::vector<std::string>& arguments);
  ~ViewerProcess();
  ViewerProcess(const ViewerProcess&) = delete;
  ViewerProcess& operator=(const ViewerProcess&) = delete;

  /// Waits until the window is there; false after 30 seconds, or if the program ends.
  bool AwaitWindow();

  std::string Title() const;
  /// The number behind `word` in the title, -1 if there is none.
  long Number(const std::string& word) const;
  bool Paused() const { return Title().find("paused") != std::string::npos; }

  /// Waits until `condition` holds; false after ten seconds.
  template <typename Condition>
  bool Await(const Condition& condition) const {
    for (int i = 0; i < 200; ++i) {
      if (condition()) return true;
      Sleep(0.05);
    }
    return false;
  }
  static void Sleep(double seconds);

  void Key(const std::string& key) const { xvfb_.Xdotool("key " + key); }

  /// Presses P and reads the picture that the program writes: its PNG file's bytes.
  std::string Picture();

  void Signal(int signal) const;
  void RequestClose() const { xvfb_.RequestClose(window_); }

  /// Waits for the end: the exit status, -1 if it was killed or does not end within ten seconds.
  int Wait();

  std::string Read(const std::string& name) const { return directory_.Read(name); }

 private:
  const Xvfb& xvfb_;
  experiments::TemporaryDirectory directory_;
  pid_t pid_ = -1;
  std::string window_;
  int pictures_ = 0;
};

}  // namespace curl_rl::viewer
