// Disturbed pixels: the strengths, an episode's draw, and what it does to a scene.
#include "envs/disturbances.h"

#include <cmath>
#include <set>
#include <sstream>
#include <stdexcept>

#include "envs/numpy_random.h"

namespace curl_rl::envs {
namespace {

constexpr const char* kStrengths[] = {"none", "easy", "medium", "hard"};

// By Strength; docs/environments.md has them as a table.
constexpr double kColorRange[] = {0.0, 0.1, 0.2, 0.4};  // of a channel in [0, 1]
constexpr double kRoll[] = {0.0, 5.0, 10.0, 20.0};      // degrees
constexpr double kZoom[] = {0.0, 0.05, 0.1, 0.2};       // parts of the field of view
constexpr double kTurn[] = {0.0, 0.02, 0.04, 0.08};     // tangents
constexpr double kLightDirection[] = {0.0, 0.2, 0.4, 0.8};
constexpr double kLightColor[] = {0.0, 0.1, 0.25, 0.5};  // parts of the light's own

// Mixes bits so that neighbours have nothing in common (the finaliser of splitmix64).
std::uint64_t Mixed(std::uint64_t bits) {
  bits += 0x9E3779B97F4A7C15u;
  bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9u;
  bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBu;
  return bits ^ (bits >> 31);
}

// Shifts a channel; what would leave [0, 1] turns back there, so that white changes too.
float Shifted(float channel, double shift) {
  double shifted = std::abs(channel + shift);
  if (shifted > 1.0) shifted = 2.0 - shifted;
  return static_cast<float>(shifted);
}

void DisturbColors(const mjModel& model, const DrawnDisturbance& drawn, mjvScene* scene) {
  for (int i = 0; i < scene->ngeom; ++i) {
    mjvGeom& geom = scene->geoms[i];
    // What shares a material keeps one colour.
    const int material = geom.objtype == mjOBJ_GEOM   ? model.geom_matid[geom.objid]
                         : geom.objtype == mjOBJ_SITE ? model.site_matid[geom.objid]
                                                      : -1;
    const int type = material >= 0 ? mjOBJ_MATERIAL : geom.objtype;
    const int id = material >= 0 ? material : geom.objid;
    const std::uint64_t key = (static_cast<std::uint64_t>(type) << 32) + static_cast<unsigned>(id);
    std::uint64_t bits = Mixed(drawn.color_seed ^ key);
    for (int channel = 0; channel < 3; ++channel) {
      bits = Mixed(bits);
      const double unit = static_cast<double>(bits >> 11) * 0x1p-53;
      geom.rgba[channel] = Shifted(geom.rgba[channel], drawn.color_range * (2.0 * unit - 1.0));
    }
  }
}

void DisturbCamera(const DrawnDisturbance& drawn, mjvGLCamera* camera) {
  float* forward = camera->forward;
  float* up = camera->up;
  const double right[3] = {forward[1] * up[2] - forward[2] * up[1],
                           forward[2] * up[0] - forward[0] * up[2],
                           forward[0] * up[1] - forward[1] * up[0]};
  double axis[3], top[3];
  for (int i = 0; i < 3; ++i) {
    axis[i] = forward[i] + drawn.turn[0] * right[i] + drawn.turn[1] * up[i];
    top[i] = std::cos(drawn.roll) * up[i] + std::sin(drawn.roll) * right[i];
  }
  mju_normalize3(axis);
  mju_addToScl3(top, axis, -mju_dot3(top, axis));
  mju_normalize3(top);
  mju_n2f(forward, axis, 3);
  mju_n2f(up, top, 3);
  camera->frustum_center *= static_cast<float>(drawn.zoom);
  camera->frustum_bottom *= static_cast<float>(drawn.zoom);
  camera->frustum_top *= static_cast<float>(drawn.zoom);
}

void DisturbLight(const DrawnDisturbance& drawn, mjvLight* light) {
  double direction[3];
  for (int i = 0; i < 3; ++i) {
    direction[i] = light->dir[i] + drawn.light_direction[i];
    light->diffuse[i] = static_cast<float>(light->diffuse[i] * drawn.light_color[i]);
  }
  if (light->headlight != 0) return;  // it shines where the camera looks
  mju_normalize3(direction);
  mju_n2f(light->dir, direction, 3);
}

Strength ParseStrength(const std::string& name) {
  for (int i = 0; i < 4; ++i) {
    if (name == kStrengths[i]) return static_cast<Strength>(i);
  }
  throw std::invalid_argument("disturbance: unknown strength '" + name +
                              "'; allowed: none, easy, medium, hard");
}

}  // namespace

bool Disturbances::any() const {
  return colors != Strength::kNone || camera != Strength::kNone || light != Strength::kNone;
}

Disturbances ParseDisturbances(const std::string& text) {
  Disturbances disturbances;
  std::set<std::string> seen;
  if (!text.empty() && text.back() == ',') {
    throw std::invalid_argument("disturbances '" + text + "': nothing after the last comma");
  }
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos) {
      throw std::invalid_argument("disturbance '" + part + "': must be KIND=STRENGTH");
    }
    const std::string kind = part.substr(0, equals);
    if (!seen.insert(kind).second) {
      throw std::invalid_argument("disturbance '" + kind + "' is given twice");
    }
    const Strength strength = ParseStrength(part.substr(equals + 1));
    if (kind == "colors") {
      disturbances.colors = strength;
    } else if (kind == "camera") {
      disturbances.camera = strength;
    } else if (kind == "light") {
      disturbances.light = strength;
    } else {
      throw std::invalid_argument("unknown disturbance '" + kind +
                                  "'; allowed: colors, camera, light");
    }
  }
  return disturbances;
}

DrawnDisturbance DrawDisturbance(const Disturbances& disturbances, std::uint32_t seed,
                                 std::uint32_t episode) {
  // The numbers are drawn whatever the strengths, so that kinds do not change one another.
  const std::uint64_t bits = Mixed((std::uint64_t{seed} << 32) | episode);
  NumpyRandom random(static_cast<std::uint32_t>(bits));
  const auto within = [&random](double range) { return random.Uniform(-1.0, 1.0) * range; };
  const auto color = static_cast<int>(disturbances.colors);
  const auto camera = static_cast<int>(disturbances.camera);
  const auto light = static_cast<int>(disturbances.light);

  DrawnDisturbance drawn;
  drawn.color_seed = Mixed(bits);
  drawn.color_range = kColorRange[color];
  drawn.roll = within(kRoll[camera]) * mjPI / 180.0;
  drawn.zoom = 1.0 + within(kZoom[camera]);
  for (double& turn : drawn.turn) turn = within(kTurn[camera]);
  for (double& part : drawn.light_direction) part = within(kLightDirection[light]);
  for (double& factor : drawn.light_color) factor = 1.0 + within(kLightColor[light]);
  return drawn;
}

void Disturb(const mjModel& model, const DrawnDisturbance& drawn, mjvScene* scene) {
  if (drawn.color_range > 0.0) DisturbColors(model, drawn, scene);
  for (mjvGLCamera& camera : scene->camera) DisturbCamera(drawn, &camera);
  for (int i = 0; i < scene->nlight; ++i) DisturbLight(drawn, scene->lights + i);
}

}  // namespace curl_rl::envs
