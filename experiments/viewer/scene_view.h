// MuJoCo's own renderer in a window: camera, selected body, text.
#pragma once

#include <mujoco/mujoco.h>

#include <string>

namespace curl_rl::viewer {

/// Draws into the window whose GL context is current, for as long as it lives. Without a model it
/// draws text and pictures only.
class SceneView {
 public:
  /// `model` and its `data`, brought up to date by the caller, outlive this object; null: none.
  /// `camera` of the model is shown first. `software`: drawn by the CPU, so with less effort.
  /// Throws std::runtime_error if OpenGL cannot do what MuJoCo needs.
  SceneView(const mjModel* model, mjData* data, int camera, int font_scale, bool software);
  ~SceneView();
  SceneView(const SceneView&) = delete;
  SceneView& operator=(const SceneView&) = delete;

  /// Draws the data as they are.
  void DrawScene(mjrRect viewport);

  void SetFontScale(int font_scale);

  // The camera.
  void NextCamera(int direction);
  void UseFreeCamera();
  std::string CameraName() const;
  /// A drag by (dx, dy), in heights of the window, y downwards; or a turn of the wheel.
  void MoveCamera(mjtMouse action, double dx, double dy);

  // The hand.
  /// Selects the body at (x, y) in [0, 1], from the lower left; the world: none.
  void Select(mjrRect viewport, double x, double y);
  void LetGo() { mjv_defaultPerturb(&perturb_); }
  bool selected() const { return perturb_.select > 0; }
  /// Takes hold of the selected body to pull or twist it.
  void BeginPerturb(mjtMouse action);
  void MovePerturb(mjtMouse action, double dx, double dy);
  void EndPerturb() { perturb_.active = 0; }
  const mjvPerturb& perturb() const { return perturb_; }

  /// For text and pictures.
  mjrContext* context() { return &context_; }

 private:
  void Unfix();

  const mjModel* model_;
  mjData* data_;
  mjvScene scene_;
  mjvOption option_;
  mjvCamera camera_;
  mjvPerturb perturb_;
  mjrContext context_;
};

}  // namespace curl_rl::viewer
