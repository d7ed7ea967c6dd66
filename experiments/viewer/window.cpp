// GLFW's callbacks, turned into plain events.
#include "experiments/viewer/window.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

#include <cstring>
#include <stdexcept>
#include <utility>

namespace curl_rl::viewer {
namespace {

constexpr double kDoubleClick = 0.3;  // seconds

std::string LastError() {
  const char* description = nullptr;
  glfwGetError(&description);
  return description != nullptr ? description : "GLFW gives no reason";
}

}  // namespace

WindowSystem::WindowSystem() {
  if (glfwInit() != GLFW_TRUE) throw std::runtime_error(LastError());
}

WindowSystem::~WindowSystem() { glfwTerminate(); }

struct Window::Callbacks {
  static Window& Of(GLFWwindow* window) {
    auto& self = *static_cast<Window*>(glfwGetWindowUserPointer(window));
    self.something_came_ = true;
    return self;
  }

  static void ReadModifiers(Window& self) {
    const auto down = [&self](int key) { return glfwGetKey(self.window_, key) == GLFW_PRESS; };
    self.held_.control = down(GLFW_KEY_LEFT_CONTROL) || down(GLFW_KEY_RIGHT_CONTROL);
    self.held_.shift = down(GLFW_KEY_LEFT_SHIFT) || down(GLFW_KEY_RIGHT_SHIFT);
  }

  static void Key(GLFWwindow* window, int key, int, int action, int modifiers) {
    Window& self = Of(window);
    if (action == GLFW_RELEASE) return;
    self.handlers_.key(key, (modifiers & GLFW_MOD_CONTROL) != 0);
  }

  static void Button(GLFWwindow* window, int button, int action, int) {
    Window& self = Of(window);
    const auto down = [window](int b) { return glfwGetMouseButton(window, b) == GLFW_PRESS; };
    self.held_.left = down(GLFW_MOUSE_BUTTON_LEFT);
    self.held_.middle = down(GLFW_MOUSE_BUTTON_MIDDLE);
    self.held_.right = down(GLFW_MOUSE_BUTTON_RIGHT);
    ReadModifiers(self);
    // Where the last motion led, not where the cursor is by now (glfwGetCursorPos): when frames are
    // slow, a drag may be over before its press is handled.
    if (button == GLFW_MOUSE_BUTTON_LEFT && action == GLFW_PRESS) {
      const double now = glfwGetTime();
      if (self.press_time_ >= 0.0 && now - self.press_time_ < kDoubleClick) {
        int width = 1, height = 1;
        glfwGetWindowSize(window, &width, &height);
        self.handlers_.double_click(self.last_x_ / width, 1.0 - self.last_y_ / height);
        self.press_time_ = -1.0;
      } else {
        self.press_time_ = now;
      }
    }
    self.handlers_.press(self.held_);
  }

  static void Move(GLFWwindow* window, double x, double y) {
    Window& self = Of(window);
    const double dx = x - std::exchange(self.last_x_, x);
    const double dy = y - std::exchange(self.last_y_, y);
    if (!self.held_.left && !self.held_.middle && !self.held_.right) return;
    int width = 1, height = 1;
    glfwGetWindowSize(window, &width, &height);
    ReadModifiers(self);
    self.handlers_.drag(self.held_, dx / height, dy / height);
  }

  static void Scroll(GLFWwindow* window, double, double notches) {
    Of(window).handlers_.scroll(notches);
  }

  // Only wake the loop, which asks for sizes in every frame.
  static void Resize(GLFWwindow* window, int, int) { Of(window); }
  static void Refresh(GLFWwindow* window) { Of(window); }
};

Window::Window(const std::string& title, int width, int height, int samples,
               WindowHandlers handlers)
    : handlers_(std::move(handlers)) {
  glfwDefaultWindowHints();
  glfwWindowHint(GLFW_CONTEXT_CREATION_API, GLFW_EGL_CONTEXT_API);
  glfwWindowHint(GLFW_SCALE_TO_MONITOR, GLFW_TRUE);
  glfwWindowHint(GLFW_SAMPLES, samples);
  window_ = glfwCreateWindow(width, height, title.c_str(), nullptr, nullptr);
  if (window_ == nullptr) throw std::runtime_error("no window with OpenGL: " + LastError());
  glfwSetWindowUserPointer(window_, this);
  glfwMakeContextCurrent(window_);
  // Under Wayland a swap waits for as long as the window is out of sight, and the loop with it.
  glfwSwapInterval(std::strstr(glfwGetVersionString(), "Wayland") != nullptr ? 0 : 1);
  glfwSetKeyCallback(window_, Callbacks::Key);
  glfwSetMouseButtonCallback(window_, Callbacks::Button);
  glfwSetCursorPosCallback(window_, Callbacks::Move);
  glfwSetScrollCallback(window_, Callbacks::Scroll);
  glfwSetFramebufferSizeCallback(window_, Callbacks::Resize);
  glfwSetWindowRefreshCallback(window_, Callbacks::Refresh);
}

Window::~Window() { glfwDestroyWindow(window_); }

bool Window::should_close() const { return glfwWindowShouldClose(window_) != 0; }

void Window::SetTitle(const std::string& title) { glfwSetWindowTitle(window_, title.c_str()); }

void Window::ToggleFullscreen() {
  if (glfwGetWindowMonitor(window_) != nullptr) {
    glfwSetWindowMonitor(window_, nullptr, restored_[0], restored_[1], restored_[2], restored_[3],
                         GLFW_DONT_CARE);
    return;
  }
  GLFWmonitor* monitor = glfwGetPrimaryMonitor();
  const GLFWvidmode* mode = monitor != nullptr ? glfwGetVideoMode(monitor) : nullptr;
  if (mode == nullptr) return;
  glfwGetWindowPos(window_, &restored_[0], &restored_[1]);
  glfwGetWindowSize(window_, &restored_[2], &restored_[3]);
  glfwSetWindowMonitor(window_, monitor, 0, 0, mode->width, mode->height, mode->refreshRate);
}

int Window::framebuffer_width() const {
  int width = 0;
  glfwGetFramebufferSize(window_, &width, nullptr);
  return width;
}

int Window::framebuffer_height() const {
  int height = 0;
  glfwGetFramebufferSize(window_, nullptr, &height);
  return height;
}

double Window::content_scale() const {
  float scale = 1.0f;
  glfwGetWindowContentScale(window_, &scale, nullptr);
  return scale;
}

void Window::SwapBuffers() { glfwSwapBuffers(window_); }

bool Window::HandleEvents(double seconds) {
  something_came_ = false;
  if (seconds > 0.0) {
    glfwWaitEventsTimeout(seconds);
  } else {
    glfwPollEvents();
  }
  return std::exchange(something_came_, false);
}

}  // namespace curl_rl::viewer
