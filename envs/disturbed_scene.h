// One episode's draw of a disturbance, and the scene of one frame drawn with it.
#pragma once

#include <mujoco/mujoco.h>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "envs/camera_orbit.h"
#include "envs/disturbances.h"

namespace curl_rl::envs {

/// What an episode looks like. Plain data without padding: it is part of a snapshot.
struct DrawnDisturbance {
  std::uint64_t color_seed = 0;                  // what each material's colour follows from
  std::uint64_t backdrop_seed = 0;               // which picture, or what noise
  std::array<double, 3> light_direction{};       // added to each light's unit direction
  std::array<double, 3> light_color{{1, 1, 1}};  // factors of its diffuse red, green, blue
  CameraOrbit orbit;                             // of the camera, if it is disturbed
  double covers_ground = 0.0;                    // 1: a background takes the ground's place too
};

/// What a renderer needs to draw a frame disturbed.
struct FrameDisturbance {
  Disturbances kinds;
  std::shared_ptr<const Backdrop> backdrop;  // of pictures and video
  int camera_id = 0;
  DrawnDisturbance drawn;
  std::int64_t step = 0;  // control steps since the episode began: which frame of a video
};

/// Draws what episode `episode` of an environment with seed `seed` looks like, which begins at
/// `data`: it follows from these alone.
DrawnDisturbance DrawDisturbance(const FrameDisturbance& disturbance, const mjModel& model,
                                 const mjData& data, std::uint32_t seed, std::uint32_t episode);

/// Whether such a draw may come from a snapshot: its numbers are finite.
bool IsValid(const DrawnDisturbance& drawn);

/// The model as mjv_updateScene is to see it: with other colours, everything else shared.
class RecoloredModel {
 public:
  RecoloredModel(const mjModel& model, const FrameDisturbance& disturbance);
  RecoloredModel(const RecoloredModel&) = delete;
  RecoloredModel& operator=(const RecoloredModel&) = delete;
  const mjModel* get() const { return &model_; }

 private:
  mjModel model_;
  std::vector<float> materials_, geoms_, sites_;
};

/// Camera, lights and ground of a scene that mjv_updateScene has just filled.
void DisturbScene(const mjModel& model, const mjData& data, const FrameDisturbance& disturbance,
                  mjvScene* scene);

/// Puts the background where nothing was drawn. `pixels`: uint8 RGB [height, width, 3]; `depth`:
/// float [height, width], 1 where nothing is; row 0 of both at the top.
void PaintBackdrop(const FrameDisturbance& disturbance, int height, int width, const float* depth,
                   std::uint8_t* pixels);

}  // namespace curl_rl::envs
