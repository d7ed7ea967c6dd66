// The viewer's cameras, keys and gestures.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "experiments/viewer/free_camera.h"
#include "experiments/viewer/key_bindings.h"

namespace curl_rl::viewer {
namespace {

mjvGLCamera Looking(double x, double y, double z, double fx, double fy, double fz) {
  mjvGLCamera view{};
  const double length = std::sqrt(fx * fx + fy * fy + fz * fz);
  const double pos[] = {x, y, z};
  const double forward[] = {fx / length, fy / length, fz / length};
  for (int i = 0; i < 3; ++i) {
    view.pos[i] = static_cast<float>(pos[i]);
    view.forward[i] = static_cast<float>(forward[i]);
  }
  view.up[1] = 1.0f;
  return view;
}

// Where MuJoCo puts a camera with these settings, and where it looks.
void ExpectSameView(const mjvGLCamera& view, const mjvCamera& camera) {
  constexpr double kDegree = mjPI / 180.0;
  const double forward[] = {
      std::cos(camera.elevation * kDegree) * std::cos(camera.azimuth * kDegree),
      std::cos(camera.elevation * kDegree) * std::sin(camera.azimuth * kDegree),
      std::sin(camera.elevation * kDegree)};
  for (int i = 0; i < 3; ++i) {
    EXPECT_NEAR(forward[i], view.forward[i], 1e-5) << i;
    EXPECT_NEAR(camera.lookat[i] - camera.distance * forward[i], view.pos[i], 1e-5) << i;
  }
}

TEST(FreeCamera, StandsWhereTheFixedOneDid) {
  const mjtNum center[] = {0.0, 0.0, 1.0};
  for (const auto& view :
       {Looking(0, -4, 1, 0, 1, 0), Looking(3, 2, 5, -3, -2, -4), Looking(1, 1, 0, 1, 1, 1),
        Looking(0, -2, 2, 0, 1, -0.5), Looking(2, 0, 1, -1, 0, 0)}) {
    const auto camera = FreeCameraAt(view, center, 0.1);
    EXPECT_EQ(camera.type, mjCAMERA_FREE);
    EXPECT_GE(camera.distance, 0.1);
    ExpectSameView(view, camera);
  }
  EXPECT_NEAR(FreeCameraAt(Looking(0, -4, 1, 0, 1, 0), center, 0.1).distance, 4.0, 1e-6);
}

TEST(FreeCamera, KeepsNorthWhereItLooksStraightDown) {
  const mjtNum center[] = {0.0, 0.0, 0.0};
  const auto camera = FreeCameraAt(Looking(0, 0, 3, 0, 0, -1), center, 0.1);
  EXPECT_NEAR(camera.elevation, -90.0, 1e-6);
  EXPECT_NEAR(camera.azimuth, 90.0, 1e-6);  // y is up in the picture
}

TEST(NextCamera, GoesRoundThroughTheFreeOne) {
  EXPECT_EQ(NextCamera(0, 2, 1), 1);
  EXPECT_EQ(NextCamera(1, 2, 1), -1);
  EXPECT_EQ(NextCamera(-1, 2, 1), 0);
  EXPECT_EQ(NextCamera(0, 2, -1), -1);
  EXPECT_EQ(NextCamera(-1, 2, -1), 1);
  EXPECT_EQ(NextCamera(-1, 0, 1), -1);  // a model without cameras
}

TEST(KeyBindings, HaveNoKeyTwiceAndAreAllInTheHelp) {
  std::set<Command> commands;
  for (int key = 0; key < 400; ++key) {
    for (const bool control : {false, true}) {
      if (const auto command = CommandOfKey(key, control)) commands.insert(*command);
    }
  }
  // Every command has a key.
  EXPECT_EQ(commands.size(), static_cast<std::size_t>(Command::kClose) + 1);
  EXPECT_EQ(CommandOfKey(' ', false), Command::kPause);
  EXPECT_EQ(CommandOfKey(' ', true), std::nullopt);
  EXPECT_EQ(CommandOfKey('Q', true), Command::kClose);
  EXPECT_EQ(CommandOfKey('Q', false), std::nullopt);
  std::set<std::string> names;
  for (const auto& [name, meaning] : HelpLines()) {
    EXPECT_EQ(name.empty(), meaning.empty());
    EXPECT_TRUE(name.empty() || names.insert(name).second) << name;
  }
  EXPECT_GE(names.size(), 20u);
}

TEST(Gestures, AreThoseOfMujocosViewer) {
  const auto action = [](Held held, bool selected) {
    const Gesture gesture = GestureOf(held, selected);
    return std::make_pair(gesture.perturb, gesture.action);
  };
  Held left, right, middle;
  left.left = right.right = middle.middle = true;
  EXPECT_EQ(action({}, true), std::make_pair(false, mjMOUSE_NONE));
  EXPECT_EQ(action(left, true), std::make_pair(false, mjMOUSE_ROTATE_V));
  EXPECT_EQ(action(right, true), std::make_pair(false, mjMOUSE_MOVE_V));
  EXPECT_EQ(action(middle, true), std::make_pair(false, mjMOUSE_ZOOM));
  left.control = right.control = true;
  EXPECT_EQ(action(left, true), std::make_pair(true, mjMOUSE_ROTATE_V));
  EXPECT_EQ(action(right, true), std::make_pair(true, mjMOUSE_MOVE_V));
  EXPECT_EQ(action(right, false), std::make_pair(false, mjMOUSE_MOVE_V));
  right.shift = true;
  EXPECT_EQ(action(right, true), std::make_pair(true, mjMOUSE_MOVE_H));
}

}  // namespace
}  // namespace curl_rl::viewer
