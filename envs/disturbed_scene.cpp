// What a disturbance does to colours, camera, lights and ground, and what it draws of them.
#include "envs/disturbed_scene.h"

#include <algorithm>
#include <cmath>

#include "envs/numpy_random.h"

namespace curl_rl::envs {
namespace {

// By Strength; docs/disturbances.md has them as a table. The first is the Distracting Control
// Suite's (suite_utils.py, DIFFICULTY_SCALE), of colours and of the camera; light is ours.
constexpr double kScale[] = {0.0, 0.1, 0.2, 0.3};
constexpr double kLightDirection[] = {0.0, 0.2, 0.4, 0.8};
constexpr double kLightColor[] = {0.0, 0.1, 0.25, 0.5};  // parts of the light's own

// How near the vertical the normal of a plane must be that is the ground, and no wall.
constexpr float kLevel = 0.7f;
// A camera that looks down so steeply has no sky in its picture.
constexpr double kFromAbove = 0.7;

double Of(const double (&numbers)[4], Strength strength) {
  return numbers[static_cast<int>(strength)];
}

// Red, green and blue of `count` colours [count, 4], each drawn uniformly within `range` of what it
// is, cut off at 0 and 1 before the draw: distracting_control/color.py. `stream` tells materials
// from geoms.
std::vector<float> Recolored(const float* rgba, int count, double range, std::uint64_t stream) {
  std::vector<float> colors(rgba, rgba + std::size_t{4} * count);
  for (int i = 0; i < count; ++i) {
    std::uint64_t bits = Mixed(stream + static_cast<std::uint64_t>(i));
    for (int channel = 0; channel < 3; ++channel) {
      bits = Mixed(bits);
      float& color = colors[std::size_t{4} * i + channel];
      const double low = std::clamp(color - range, 0.0, 1.0);
      const double high = std::clamp(color + range, 0.0, 1.0);
      color = static_cast<float>(low + static_cast<double>(bits >> 11) * 0x1p-53 * (high - low));
    }
  }
  return colors;
}

void DisturbCamera(const CameraPose& pose, mjvGLCamera* camera) {
  const auto& r = pose.rotation;
  for (int i = 0; i < 3; ++i) {
    camera->pos[i] = static_cast<float>(pose.place[i]);
    camera->forward[i] = static_cast<float>(-r[3 * i + 2]);
    camera->up[i] = static_cast<float>(r[3 * i + 1]);
  }
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

void RemoveGround(mjvScene* scene) {
  const auto is_ground = [](const mjvGeom& geom) {
    return geom.type == mjGEOM_PLANE && geom.mat[8] > kLevel;  // its z axis
  };
  mjvGeom* const end = scene->geoms + scene->ngeom;
  scene->ngeom = static_cast<int>(std::remove_if(scene->geoms, end, is_ground) - scene->geoms);
}

}  // namespace

DrawnDisturbance DrawDisturbance(const FrameDisturbance& disturbance, const mjModel& model,
                                 const mjData& data, std::uint32_t seed, std::uint32_t episode) {
  // As many numbers are drawn whatever the strengths, so that kinds do not change one another.
  const std::uint64_t bits = Mixed((std::uint64_t{seed} << 32) | episode);
  NumpyRandom random(static_cast<std::uint32_t>(bits));
  const auto within = [&random](double range) { return random.Uniform(-1.0, 1.0) * range; };

  const Disturbances& kinds = disturbance.kinds;
  DrawnDisturbance drawn;
  drawn.color_seed = Mixed(bits);
  drawn.backdrop_seed = Mixed(drawn.color_seed);
  const bool from_above = PoseOf(model, data, disturbance.camera_id).rotation[8] > kFromAbove;
  if (kinds.background() != Strength::kNone && (CoversGround(kinds.background()) || from_above)) {
    drawn.covers_ground = 1.0;
  }
  drawn.orbit =
      DrawCameraOrbit(model, data, disturbance.camera_id, Of(kScale, kinds.camera), random);
  for (double& part : drawn.light_direction) part = within(Of(kLightDirection, kinds.light));
  for (double& factor : drawn.light_color) factor = 1.0 + within(Of(kLightColor, kinds.light));
  return drawn;
}

bool IsValid(const DrawnDisturbance& drawn) {
  const auto finite = [](const auto& numbers) {
    return std::all_of(numbers.begin(), numbers.end(), [](double x) { return std::isfinite(x); });
  };
  const CameraOrbit& o = drawn.orbit;
  return finite(drawn.light_direction) && finite(drawn.light_color) && finite(o.centre) &&
         finite(o.look_at) &&
         finite(std::array<double, 7>{o.radius, o.azimuth, o.polar, o.roll, o.follows, o.upright,
                                      drawn.covers_ground});
}

RecoloredModel::RecoloredModel(const mjModel& model, const FrameDisturbance& disturbance)
    : model_(model) {
  if (disturbance.kinds.colors == Strength::kNone) return;
  const double range = Of(kScale, disturbance.kinds.colors);
  const std::uint64_t seed = disturbance.drawn.color_seed;
  // What has a colour of its own beside its material keeps MuJoCo's rule: a grey of one half is
  // none, and the material's holds.
  const auto own = [&](const float* rgba, const int* material, int count, std::uint64_t stream) {
    std::vector<float> colors = Recolored(rgba, count, range, stream);
    for (int i = 0; i < count; ++i) {
      const float* color = rgba + std::size_t{4} * i;
      const bool none =
          material[i] >= 0 &&
          std::all_of(color, color + 3, [](float channel) { return channel == 0.5f; }) &&
          color[3] == 1.0f;
      if (none) std::copy_n(color, 4, colors.begin() + std::ptrdiff_t{4} * i);
    }
    return colors;
  };
  materials_ = Recolored(model.mat_rgba, model.nmat, range, seed);
  geoms_ = own(model.geom_rgba, model.geom_matid, model.ngeom, Mixed(seed));
  sites_ = own(model.site_rgba, model.site_matid, model.nsite, Mixed(seed + 1));
  model_.mat_rgba = materials_.data();
  model_.geom_rgba = geoms_.data();
  model_.site_rgba = sites_.data();
}

void DisturbScene(const mjModel& model, const mjData& data, const FrameDisturbance& disturbance,
                  mjvScene* scene) {
  const Disturbances& kinds = disturbance.kinds;
  if (kinds.camera != Strength::kNone) {
    const CameraPose pose = PoseOn(disturbance.drawn.orbit, model, data, disturbance.camera_id);
    for (mjvGLCamera& camera : scene->camera) DisturbCamera(pose, &camera);  // both eyes
  }
  if (kinds.light != Strength::kNone) {
    for (int i = 0; i < scene->nlight; ++i) DisturbLight(disturbance.drawn, scene->lights + i);
  }
  if (disturbance.drawn.covers_ground != 0.0) RemoveGround(scene);
}

}  // namespace curl_rl::envs
