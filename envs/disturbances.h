// Disturbed pixels: colours, camera and light that change from episode to episode. They touch the
// scene that is drawn, never the model or its state: starts, physics and rewards are the task's.
#pragma once

#include <mujoco/mujoco.h>

#include <array>
#include <cstdint>
#include <string>

namespace curl_rl::envs {

/// How far a disturbance goes. The numbers behind the names are ours, no benchmark's.
enum class Strength { kNone, kEasy, kMedium, kHard };

/// What of the frames is disturbed, and how strongly.
struct Disturbances {
  Strength colors = Strength::kNone;  // of materials and geoms; textures are tinted
  Strength camera = Strength::kNone;  // turned, rolled, zoomed
  Strength light = Strength::kNone;   // direction and colour
  bool any() const;
};

/// "colors=hard,camera=easy": kinds colors, camera, light, each once; strengths none, easy, medium,
/// hard. "" is none of them. Throws std::invalid_argument that names what is wrong and what is
/// allowed.
Disturbances ParseDisturbances(const std::string& text);

/// One episode's draw.
struct DrawnDisturbance {
  std::uint64_t color_seed = 0;                 // what each colour's shift follows from
  double color_range = 0.0;                     // largest shift of a channel in [0, 1]
  double roll = 0.0;                            // of the camera about its axis, radians
  double zoom = 1.0;                            // factor of the field of view's height
  std::array<double, 2> turn{};                 // to the right and upwards, as tangents of angles
  std::array<double, 3> light_direction{};      // added to each light's unit direction
  std::array<double, 3> light_color{{1, 1, 1}};  // factors of its diffuse red, green, blue
};

/// The draw of episode `episode` of an environment with seed `seed`: it follows from these alone.
DrawnDisturbance DrawDisturbance(const Disturbances& disturbances, std::uint32_t seed,
                                 std::uint32_t episode);

/// Applies a draw to a scene that mjv_updateScene has just filled from `model`.
void Disturb(const mjModel& model, const DrawnDisturbance& drawn, mjvScene* scene);

}  // namespace curl_rl::envs
