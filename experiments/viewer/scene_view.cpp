// Moves the camera, picks and pulls bodies, and draws the scene.
#include "experiments/viewer/scene_view.h"

#include <algorithm>
#include <stdexcept>
#include <type_traits>

#include "experiments/viewer/free_camera.h"

namespace curl_rl::viewer {
namespace {

// mjv_moveCamera, which takes the scene up to some version 3 of MuJoCo and no longer after it.
template <typename Function>
void CallMoveCamera(Function move, const mjModel* model, int action, double dx, double dy,
                    const mjvScene* scene, mjvCamera* camera) {
  if constexpr (std::is_invocable_v<Function, const mjModel*, int, mjtNum, mjtNum, const mjvScene*,
                                    mjvCamera*>) {
    move(model, action, dx, dy, scene, camera);
  } else {
    move(model, action, dx, dy, camera);
  }
}

constexpr int kMaxDrawnGeoms = 5000;

}  // namespace

SceneView::SceneView(const mjModel* model, mjData* data, int camera, int font_scale, bool software)
    : model_(model), data_(data) {
  mjv_defaultScene(&scene_);
  mjv_defaultOption(&option_);
  mjv_defaultCamera(&camera_);
  mjv_defaultPerturb(&perturb_);
  mjr_defaultContext(&context_);
  option_.flags[mjVIS_RANGEFINDER] = 0;
  option_.flags[mjVIS_PERTFORCE] = 1;
  option_.flags[mjVIS_PERTOBJ] = 1;
  if (model == nullptr) {
    mjr_makeContext(nullptr, &context_, font_scale);
    return;
  }
  // mjr_makeContext reads its settings from the model: it gets a shallow copy with ours.
  mjModel settings = *model;
  settings.vis.global.offwidth = settings.vis.global.offheight = 16;  // nothing is drawn off screen
  settings.vis.quality.offsamples = 0;
  if (software) settings.vis.quality.shadowsize = std::min(settings.vis.quality.shadowsize, 1024);
  mjr_makeContext(&settings, &context_, font_scale);
  if (context_.windowAvailable == 0) {
    mjr_freeContext(&context_);
    throw std::runtime_error("the window's OpenGL has no default framebuffer");
  }
  mjr_setBuffer(mjFB_WINDOW, &context_);
  mjv_makeScene(model, &scene_, kMaxDrawnGeoms);
  mjv_defaultFreeCamera(model, &camera_);
  if (camera >= 0 && camera < model->ncam) {
    camera_.type = mjCAMERA_FIXED;
    camera_.fixedcamid = camera;
  }
}

SceneView::~SceneView() {
  mjv_freeScene(&scene_);
  mjr_freeContext(&context_);
}

void SceneView::DrawScene(mjrRect viewport) {
  mjv_updateScene(model_, data_, &option_, &perturb_, &camera_, mjCAT_ALL, &scene_);
  mjr_render(viewport, &scene_, &context_);
}

void SceneView::SetFontScale(int font_scale) {
  if (font_scale != context_.fontScale) mjr_changeFont(font_scale, &context_);
}

void SceneView::NextCamera(int direction) {
  if (model_ == nullptr) return;
  const int current = camera_.type == mjCAMERA_FIXED ? camera_.fixedcamid : -1;
  const int next = viewer::NextCamera(current, model_->ncam, direction);
  if (next < 0) {
    UseFreeCamera();
  } else {
    camera_.type = mjCAMERA_FIXED;
    camera_.fixedcamid = next;
  }
}

void SceneView::UseFreeCamera() {
  if (model_ != nullptr) mjv_defaultFreeCamera(model_, &camera_);
}

std::string SceneView::CameraName() const {
  if (model_ == nullptr) return "";
  if (camera_.type == mjCAMERA_FREE) return "free";
  if (camera_.type == mjCAMERA_TRACKING) return "free, following";
  const char* name = mj_id2name(model_, mjOBJ_CAMERA, camera_.fixedcamid);
  const std::string number = std::to_string(camera_.fixedcamid);
  return name != nullptr ? number + ", " + name : number;
}

// A camera of the model cannot be moved: from where it is a free one goes on. One that follows a
// body is followed by one that does too.
void SceneView::Unfix() {
  if (camera_.type != mjCAMERA_FIXED) return;
  const int fixed = camera_.fixedcamid;
  const mjvGLCamera view = mjv_averageCamera(&scene_.camera[0], &scene_.camera[1]);
  mjtNum center[3];
  std::copy_n(model_->stat.center, 3, center);
  const bool follows = model_->cam_mode[fixed] != mjCAMLIGHT_FIXED;
  // The camera of a world body that follows the model's centre: its first body stands for it.
  const int body = std::max(1, model_->cam_bodyid[fixed]);
  if (follows && model_->nbody > 1) std::copy_n(data_->subtree_com + 3 * body, 3, center);
  camera_ = FreeCameraAt(view, center, 0.1 * model_->stat.extent);
  if (follows && model_->nbody > 1) {
    camera_.type = mjCAMERA_TRACKING;
    camera_.trackbodyid = body;
  }
}

void SceneView::MoveCamera(mjtMouse action, double dx, double dy) {
  if (model_ == nullptr) return;
  Unfix();
  CallMoveCamera(mjv_moveCamera, model_, action, dx, dy, &scene_, &camera_);
}

void SceneView::Select(mjrRect viewport, double x, double y) {
  if (model_ == nullptr) return;
  mjtNum point[3];
  int geom = -1, skin = -1;
  const double aspect = static_cast<double>(viewport.width) / viewport.height;
#if mjVERSION_HEADER >= 300
  int flex = -1;
  const int body =
      mjv_select(model_, data_, &option_, aspect, x, y, &scene_, point, &geom, &flex, &skin);
#else
  const int body = mjv_select(model_, data_, &option_, aspect, x, y, &scene_, point, &geom, &skin);
#endif
  LetGo();
  if (body <= 0) return;
  perturb_.select = body;
  mjtNum from_body[3];
  mju_sub3(from_body, point, data_->xpos + 3 * body);
  mju_mulMatTVec(perturb_.localpos, data_->xmat + 9 * body, from_body, 3, 3);
}

void SceneView::BeginPerturb(mjtMouse action) {
  mjv_initPerturb(model_, data_, &scene_, &perturb_);
  const bool twist = action == mjMOUSE_ROTATE_H || action == mjMOUSE_ROTATE_V;
  perturb_.active = twist ? mjPERT_ROTATE : mjPERT_TRANSLATE;
}

void SceneView::MovePerturb(mjtMouse action, double dx, double dy) {
  mjv_movePerturb(model_, data_, action, dx, dy, &scene_, &perturb_);
}

}  // namespace curl_rl::viewer
