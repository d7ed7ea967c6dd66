// Draws a model's scene into a buffer of its own and reads the pixels back, top row first.
#include "envs/renderer.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace curl_rl::envs {
namespace {

constexpr int kMaxDrawnGeoms = 1000;  // dm_control's scenes hold as many

// MuJoCo draws nothing, without a word, where round shapes have too few faces.
void CheckAtLeast(const char* name, int value, int least) {
  if (value >= least) return;
  throw std::invalid_argument(std::string(name) + " is " + std::to_string(value) +
                              ", allowed is at least " + std::to_string(least));
}

// GL's row 0 is the lowest.
template <typename T>
void Flip(T* values, int rows, std::size_t row) {
  for (int y = 0; y < rows / 2; ++y) {
    std::swap_ranges(values + y * row, values + (y + 1) * row, values + (rows - 1 - y) * row);
  }
}

// The view that MuJoCo derives from the model's extent: asked for, or all there is.
bool IsFree(const mjModel& model, const RenderOptions& options) {
  return options.camera_id == -1 || (options.camera_id == 0 && model.ncam == 0);
}

void CheckArguments(const mjModel& model, const RenderOptions& options, int height, int width) {
  CheckAtLeast("height", height, 1);
  CheckAtLeast("width", width, 1);
  CheckAtLeast("samples", options.samples, 0);
  CheckAtLeast("slices", options.slices, 3);
  CheckAtLeast("stacks", options.stacks, 2);
  CheckAtLeast("shadow_size", options.shadow_size, 0);
  if (IsFree(model, options)) return;
  if (options.camera_id < 0 || options.camera_id >= model.ncam) {
    throw std::invalid_argument(
        "camera_id " + std::to_string(options.camera_id) + ": the model has " +
        (model.ncam == 0 ? std::string("no camera")
                         : "cameras 0 to " + std::to_string(model.ncam - 1)) +
        "; -1 is the free one that sees all of it");
  }
}

}  // namespace

Renderer::Renderer(const mjModel& model, const RenderOptions& options, int height, int width)
    : model_(model),
      height_(height),
      width_(width),
      heights_(model.hfield_data, model.hfield_data + model.nhfielddata) {
  CheckArguments(model, options, height, width);
  gl_ = GlContext::Make(height, width);
  const GlContext::Current current(*gl_);

  // mjr_makeContext reads its settings from the model: it gets a shallow copy with ours.
  mjModel settings = model;
  settings.vis.global.offheight = height;
  settings.vis.global.offwidth = width;
  settings.vis.quality.offsamples = options.samples;
  settings.vis.quality.numslices = options.slices;
  settings.vis.quality.numstacks = options.stacks;
  settings.vis.quality.shadowsize = options.shadow_size;
  mjr_defaultContext(&context_);
  mjr_makeContext(&settings, &context_, mjFONTSCALE_150);
  mjr_setBuffer(mjFB_OFFSCREEN, &context_);
  if (context_.currentBuffer != mjFB_OFFSCREEN) {
    mjr_freeContext(&context_);
    throw std::runtime_error("GL (" + gl_->info().Describe() + ") has no off-screen buffer");
  }

  if (gl_->info().software()) shadow_map_ = std::make_unique<ShadowMap>(context_);

  mjv_defaultScene(&scene_);
  mjv_makeScene(&model, &scene_, kMaxDrawnGeoms);
  scene_.flags[mjRND_SHADOW] = options.shadows ? 1 : 0;
  scene_.flags[mjRND_REFLECTION] = options.reflections ? 1 : 0;
  mjv_defaultOption(&show_);
  show_.flags[mjVIS_RANGEFINDER] = 0;
  mjv_defaultCamera(&camera_);
  if (IsFree(model, options)) {
    mjv_defaultFreeCamera(&model, &camera_);
  } else {
    camera_.type = mjCAMERA_FIXED;
    camera_.fixedcamid = options.camera_id;
  }
}

Renderer::~Renderer() {
  mjv_freeScene(&scene_);
  try {
    const GlContext::Current current(*gl_);
    mjr_freeContext(&context_);
  } catch (const std::exception&) {
    // It is lost, or another library's is in the way; GL's own objects go with the context.
  }
}

void Renderer::UploadHeights() {
  if (std::equal(heights_.begin(), heights_.end(), model_.hfield_data)) return;
  heights_.assign(model_.hfield_data, model_.hfield_data + heights_.size());
  for (int i = 0; i < model_.nhfield; ++i) mjr_uploadHField(&model_, &context_, i);
}

void Renderer::UpdateScene(const mjModel& model, const mjData& data) {
  // MuJoCo takes mutable data for the count of its "too many geoms" warning only.
  mjv_updateScene(&model, const_cast<mjData*>(&data), &show_, nullptr, &camera_, mjCAT_ALL,
                  &scene_);
}

void Renderer::UpdateScene(const mjData& data, const FrameDisturbance& disturbance) {
  const RecoloredModel model(model_, disturbance);
  UpdateScene(*model.get(), data);
  DisturbScene(model_, data, disturbance, &scene_);
}

void Renderer::Draw(std::uint8_t* pixels, float* depth) {
  const mjrRect frame{0, 0, width_, height_};
  if (shadow_map_ != nullptr) {
    const ShadowMap::Drawing drawing(*shadow_map_, scene_);
    mjr_render(frame, &scene_, &context_);
  } else {
    mjr_render(frame, &scene_, &context_);
  }
  mjr_readPixels(pixels, depth, frame, &context_);
  gl_->CheckDrawn();
  Flip(pixels, height_, static_cast<std::size_t>(width_) * 3);
  if (depth != nullptr) Flip(depth, height_, static_cast<std::size_t>(width_));
}

void Renderer::Render(const mjData& data, std::uint8_t* pixels,
                      const FrameDisturbance* disturbance) {
  const GlContext::Current current(*gl_);
  UploadHeights();
  if (disturbance == nullptr) {
    UpdateScene(model_, data);
    return Draw(pixels, nullptr);
  }
  UpdateScene(data, *disturbance);
  if (disturbance->kinds.background() == Strength::kNone) return Draw(pixels, nullptr);
  // What MuJoCo leaves at the far end of the depth buffer is seen through: the sky, which is then
  // not drawn at all, and the ground where it was taken out of the scene.
  depth_.resize(static_cast<std::size_t>(height_) * static_cast<std::size_t>(width_));
  scene_.flags[mjRND_SKYBOX] = 0;
  Draw(pixels, depth_.data());
  scene_.flags[mjRND_SKYBOX] = 1;
  PaintBackdrop(*disturbance, height_, width_, depth_.data(), pixels);
}

}  // namespace curl_rl::envs
