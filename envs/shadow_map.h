// A shadow map of which only what was drawn on is cleared.
#pragma once

#include <mujoco/mujoco.h>

#include <array>

namespace curl_rl::envs {

/// Texels [left, right) x [bottom, top) of a shadow map; GL's row 0 is the lowest.
struct TexelRect {
  int left = 0, bottom = 0, right = 0, top = 0;

  bool empty() const { return left >= right || bottom >= top; }
};

/// Column after column, as GL has them.
using Matrix4 = std::array<float, 16>;

/// Where on a shadow map of `size` texels a side mjr_render can draw the geoms of `scene`, seen
/// from a light with these matrices: the box about each, and two texels more. All of the map
/// where that is not known: a shape without such a box, one beside or behind the light, a plane
/// whose back is drawn.
TexelRect CastersOnMap(const mjvScene& scene, const Matrix4& projection, const Matrix4& view,
                       int size);

/// mjr_render clears the whole map for each light of each frame: 16 MB, which a CPU that draws
/// takes a fifth to a third of the frame's time for. Texels that nothing was drawn on since the
/// last clear are clear: the others alone are cleared, and the map is the same.
///
/// MuJoCo is not told: it asks for OpenGL's functions by eglGetProcAddress, finds that of this
/// library first, and is given a glClear that looks whether a ShadowMap is drawn on. Where a
/// program does not export that name (curl_rl::envs sees to it), all is as it was, and slower.
class ShadowMap {
 public:
  /// Of `context`, which must outlive this object.
  explicit ShadowMap(const mjrContext& context);
  ShadowMap(const ShadowMap&) = delete;
  ShadowMap& operator=(const ShadowMap&) = delete;

  /// Around one mjr_render of `scene` with the context, on this thread; not nested.
  class Drawing {
   public:
    Drawing(ShadowMap& map, const mjvScene& scene);
    ~Drawing();
    Drawing(const Drawing&) = delete;
    Drawing& operator=(const Drawing&) = delete;
  };

  /// Clears so far that spared some of the map.
  int partial_clears() const { return partial_clears_; }

  /// In place of glClear, called by MuJoCo.
  static void Clear(unsigned buffers);

 private:
  bool IsBound() const;
  void ClearWhatWasDrawn();

  const mjrContext& context_;
  const mjvScene* scene_ = nullptr;  // while drawn on
  TexelRect drawn_;                  // since they were cleared
  int partial_clears_ = 0;
};

/// Whether the program has libEGL's functions among its global symbols, this library's own left
/// out.
bool ProgramHasEgl();

}  // namespace curl_rl::envs
