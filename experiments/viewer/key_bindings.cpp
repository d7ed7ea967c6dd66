// The table of keys: what each does and how the help names it.
#include "experiments/viewer/key_bindings.h"

#define GLFW_INCLUDE_NONE  // key codes only
#include <GLFW/glfw3.h>

namespace curl_rl::viewer {
namespace {

struct Binding {
  int key;
  bool control;
  Command command;
  const char* name;  // as the help shows it; null: another key of the command is shown
  const char* meaning;
};

constexpr Binding kBindings[] = {
    {GLFW_KEY_SPACE, false, Command::kPause, "Space", "pause, go on"},
    {GLFW_KEY_RIGHT, false, Command::kStep, "Right", "one control step"},
    {GLFW_KEY_MINUS, false, Command::kSlower, "-  =", "slower, faster"},
    {GLFW_KEY_EQUAL, false, Command::kFaster, nullptr, nullptr},
    {GLFW_KEY_KP_SUBTRACT, false, Command::kSlower, nullptr, nullptr},
    {GLFW_KEY_KP_ADD, false, Command::kFaster, nullptr, nullptr},
    {GLFW_KEY_1, false, Command::kRealTime, "1", "real time"},
    {GLFW_KEY_BACKSPACE, false, Command::kRestart, "Backspace", "this episode again"},
    {GLFW_KEY_N, false, Command::kNextSeed, "N  B", "next seed, seed before"},
    {GLFW_KEY_B, false, Command::kPreviousSeed, nullptr, nullptr},
    {GLFW_KEY_RIGHT_BRACKET, false, Command::kNextCamera, "[  ]", "camera before, next camera"},
    {GLFW_KEY_LEFT_BRACKET, false, Command::kPreviousCamera, nullptr, nullptr},
    {GLFW_KEY_C, false, Command::kNextCamera, nullptr, nullptr},
    {GLFW_KEY_ESCAPE, false, Command::kFreeCamera, "Esc", "free camera"},
    {GLFW_KEY_L, false, Command::kLetGo, "L", "let go of the body"},
    {GLFW_KEY_F1, false, Command::kHelp, "F1", "this help"},
    {GLFW_KEY_F2, false, Command::kOverlay, "F2", "overlay"},
    {GLFW_KEY_F3, false, Command::kInset, "F3", "what the agent sees"},
    {GLFW_KEY_F11, false, Command::kFullscreen, "F11", "full screen"},
    {GLFW_KEY_P, false, Command::kScreenshot, "P", "picture as PNG"},
    {GLFW_KEY_Q, true, Command::kClose, "Ctrl Q", "close"},
};

}  // namespace

std::optional<Command> CommandOfKey(int key, bool control) {
  for (const Binding& binding : kBindings) {
    if (binding.key == key && binding.control == control) return binding.command;
  }
  return std::nullopt;
}

std::vector<std::pair<std::string, std::string>> HelpLines() {
  std::vector<std::pair<std::string, std::string>> lines;
  for (const Binding& binding : kBindings) {
    if (binding.name != nullptr) lines.emplace_back(binding.name, binding.meaning);
  }
  lines.insert(lines.end(), {{"", ""},
                             {"drag left", "turn the camera"},
                             {"drag right", "move it; with Shift on the floor"},
                             {"scroll", "nearer, farther"},
                             {"double click", "select a body"},
                             {"Ctrl drag right", "pull it"},
                             {"Ctrl drag left", "twist it"}});
  return lines;
}

Gesture GestureOf(const Held& held, bool selected) {
  Gesture gesture;
  gesture.perturb = held.control && selected;
  if (held.right) {
    gesture.action = held.shift ? mjMOUSE_MOVE_H : mjMOUSE_MOVE_V;
  } else if (held.left) {
    gesture.action = held.shift ? mjMOUSE_ROTATE_H : mjMOUSE_ROTATE_V;
  } else if (held.middle) {
    gesture.action = mjMOUSE_ZOOM;
    gesture.perturb = false;
  }
  if (gesture.action == mjMOUSE_NONE) gesture.perturb = false;
  return gesture;
}

}  // namespace curl_rl::viewer
