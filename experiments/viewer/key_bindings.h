// What keys and mouse mean. No window is needed to ask.
#pragma once

#include <mujoco/mujoco.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace curl_rl::viewer {

enum class Command {
  kPause,  // or go on
  kStep,   // one control step, then pause
  kSlower,
  kFaster,
  kRealTime,
  kRestart,  // this episode, from its start
  kNextSeed,
  kPreviousSeed,
  kNextCamera,
  kPreviousCamera,
  kFreeCamera,
  kLetGo,  // of the selected body
  kOverlay,
  kInset,
  kHelp,
  kFullscreen,
  kScreenshot,
  kClose,
};

/// The command of GLFW's key code with these modifiers, if it has one.
std::optional<Command> CommandOfKey(int key, bool control);

/// Keys and mouse with their meaning, line by line, for the help.
std::vector<std::pair<std::string, std::string>> HelpLines();

/// Which buttons and modifier keys are held.
struct Held {
  bool left = false;
  bool middle = false;
  bool right = false;
  bool control = false;
  bool shift = false;
};

/// What a drag with these does: as in MuJoCo's own viewer.
struct Gesture {
  bool perturb = false;  // moves the selected body, else the camera
  mjtMouse action = mjMOUSE_NONE;
};

/// `selected`: a body is selected. Only a drag with Ctrl moves it; right: translates, left:
/// rotates.
Gesture GestureOf(const Held& held, bool selected);

}  // namespace curl_rl::viewer
