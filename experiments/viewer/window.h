// A GLFW window, and nothing else: what it is told by the system it hands on.
#pragma once

#include <functional>
#include <string>

#include "experiments/viewer/key_bindings.h"

struct GLFWwindow;

namespace curl_rl::viewer {

/// Who is told. Lengths are in heights of the window, places in [0, 1] from the lower left.
struct WindowHandlers {
  std::function<void(int key, bool control)> key;
  std::function<void(const Held& held)> press;  // of a mouse button, or its release
  std::function<void(const Held& held, double dx, double dy)> drag;
  std::function<void(double notches)> scroll;
  std::function<void(double x, double y)> double_click;
};

/// GLFW begun: where there is a display.
class WindowSystem {
 public:
  /// Throws std::runtime_error with GLFW's reason if there is no display.
  WindowSystem();
  ~WindowSystem();
  WindowSystem(const WindowSystem&) = delete;
  WindowSystem& operator=(const WindowSystem&) = delete;
};

/// One window with an OpenGL context, made by EGL, as the off-screen ones are: MuJoCo finds its
/// functions once in a program. At most one at a time; of the thread that began GLFW.
class Window {
 public:
  /// `width` x `height` pixels at 96 dots an inch, larger on a finer display. `samples` of
  /// multisampling. Makes the context current. Throws std::runtime_error.
  Window(const std::string& title, int width, int height, int samples, WindowHandlers handlers);
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  bool should_close() const;
  void SetTitle(const std::string& title);
  void ToggleFullscreen();

  int framebuffer_width() const;  // pixels; 0 while it is an icon
  int framebuffer_height() const;
  double content_scale() const;  // 1: 96 dots an inch

  void SwapBuffers();

  /// Handles what has come, waiting up to `seconds` for something to come; true if something did.
  bool HandleEvents(double seconds);

 private:
  struct Callbacks;  // GLFW's, which are C

  GLFWwindow* window_ = nullptr;
  WindowHandlers handlers_;
  Held held_;
  double last_x_ = 0.0;  // of the pointer, in screen coordinates
  double last_y_ = 0.0;
  double press_time_ = -1.0;  // of the left button's last press
  bool something_came_ = false;
  int restored_[4] = {};  // place and size before full screen
};

}  // namespace curl_rl::viewer
