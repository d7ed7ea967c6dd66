// Draws a MuJoCo task by a renderer of its own, any other by its observation.
#include "experiments/video/stage.h"

#include <stdexcept>

#include "envs/mujoco_environment.h"

namespace curl_rl::video {

Stage::Stage(const std::string& task, envs::EnvironmentOptions options, int height, int width)
    : image_(height, width) {
  options.pixels = false;  // MuJoCo's is drawn from outside, with no second renderer
  environment_ = envs::Make(task, options);
  if (const auto* mujoco = dynamic_cast<const envs::MujocoEnvironment*>(environment_.get())) {
    envs::RenderOptions render;
    render.camera_id = options.render.camera_id;
    renderer_ = std::make_unique<envs::Renderer>(mujoco->model(), render, height, width);
    return;
  }
  options.pixels = true;
  options.python.resize = true;  // whatever size they have, they are fitted below
  environment_ = envs::Make(task, options);
  if (!environment_->observation_spec().has_pixels()) {
    throw std::runtime_error(task + " draws nothing: there is nothing to film");
  }
  frame_.resize(environment_->observation_spec().pixel_count());
}

const Image& Stage::Draw() {
  if (renderer_ != nullptr) {
    const auto& mujoco = static_cast<const envs::MujocoEnvironment&>(*environment_);
    renderer_->Render(mujoco.data(), image_.pixels.data(), mujoco.disturbance());
  } else {
    const envs::ObservationSpec& spec = environment_->observation_spec();
    environment_->Observe(frame_.data());
    image_ = Fit(ToRgb(frame_.data(), spec.height, spec.width, spec.channels), image_.height,
                 image_.width);
  }
  return image_;
}

}  // namespace curl_rl::video
