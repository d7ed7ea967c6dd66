// Off-screen drawing of a MuJoCo model.
#pragma once

#include <mujoco/mujoco.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "envs/disturbed_scene.h"
#include "envs/gl_context.h"
#include "envs/registry.h"
#include "envs/shadow_map.h"

namespace curl_rl::envs {

/// Draws with a GL context of its own. Made and used by any thread, by one at a time.
class Renderer {
 public:
  /// `model` must outlive this object. The GL buffer has the frame's own size: the pixels are those
  /// that a larger one gives, 10-20 % cheaper. Takes about a tenth of a second. Throws
  /// std::invalid_argument for a camera that the model lacks (-1, and 0 of a model without any, is
  /// the free one), a size or an option out of range, and
  /// std::runtime_error if there is no GL, or not for such a size.
  Renderer(const mjModel& model, const RenderOptions& options, int height, int width);
  ~Renderer();
  Renderer(const Renderer&) = delete;
  Renderer& operator=(const Renderer&) = delete;

  /// Draws `data` as it is, no forward computed: uint8 RGB [height, width, 3], row 0 at the top.
  /// The GL context that was current before is current again afterwards. Throws std::runtime_error
  /// if the context is lost: `pixels` are then no frame. `disturbance`: of this frame, or null.
  void Render(const mjData& data, std::uint8_t* pixels,
              const FrameDisturbance* disturbance = nullptr);

  const GlInfo& gl() const { return gl_->info(); }

  /// Shadow maps of which a part was cleared only; 0 on a GPU, which clears all of one at once.
  int partial_clears() const { return shadow_map_ != nullptr ? shadow_map_->partial_clears() : 0; }

 private:
  // Gives GL the heights of the model's terrains, if a reset has changed them.
  void UploadHeights();
  // Fills the scene; the two after it are of a disturbed frame.
  void UpdateScene(const mjModel& model, const mjData& data);
  void UpdateScene(const mjData& data, const FrameDisturbance& disturbance);
  void Draw(std::uint8_t* pixels, float* depth);

  const mjModel& model_;
  int height_;
  int width_;
  std::vector<float> heights_;  // that GL has
  std::vector<float> depth_;    // [height, width] of a frame with another background
  std::unique_ptr<GlContext> gl_;
  mjvScene scene_;
  mjvOption show_;
  mjvCamera camera_;
  mjrContext context_;
  std::unique_ptr<ShadowMap> shadow_map_;  // null on a GPU
};

}  // namespace curl_rl::envs
