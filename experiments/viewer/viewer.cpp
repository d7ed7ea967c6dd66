// Connects window, player, scene and overlay: commands in, frames out.
#include "experiments/viewer/viewer.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "envs/gl_context.h"
#include "experiments/files/png.h"
#include "experiments/machine/signals.h"
#include "experiments/viewer/painter.h"
#include "experiments/viewer/player.h"
#include "experiments/viewer/scene_view.h"
#include "experiments/viewer/window.h"

namespace curl_rl::viewer {
namespace {

// A little less than a frame at 60 a second: where swapping waits for the display, that alone
// paces; elsewhere (Xvfb, Wayland) this does.
constexpr double kFrameTime = 0.016;
constexpr double kIdleTime = 0.25;    // seconds between frames while nothing happens
constexpr double kTitleTime = 0.25;   // seconds between titles
constexpr double kMessageTime = 3.0;  // seconds that a message stays
constexpr double kZoomPerNotch = 0.05;
constexpr int kSamples = 4;  // of multisampling, on hardware

double Now() {
  using Clock = std::chrono::steady_clock;
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

// Before anything is loaded: who cannot see gets to know at once.
std::unique_ptr<WindowSystem> OpenDisplay(const std::string& advice) {
  try {
    return std::make_unique<WindowSystem>();
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(std::string("no display for a window (") + error.what() + "); " +
                             advice);
  }
}

// MuJoCo takes its OpenGL functions from EGL from here on, for all contexts of the program. Returns
// whether the CPU draws.
bool FindOpenGl() {
  const envs::GlInfo gl = envs::QueryGl();
  if (gl.backend != "egl") {
    throw std::runtime_error("a window needs OpenGL by EGL, but it was found by " + gl.backend +
                             " (apt-get install libegl1; unset CURL_RL_GL)");
  }
  return gl.software();
}

class Viewer {
 public:
  Viewer(const ViewerOptions& options, bool software, std::unique_ptr<experiments::Policy> policy);

  void Run();

 private:
  WindowHandlers Handlers();
  void Obey(Command command);
  void Drag(const Held& held, double dx, double dy);
  void Draw(const PlayState& play, double now);
  void WritePicture(mjrRect viewport, const std::string& task);
  void Tell(const std::string& message);

  ViewerOptions options_;
  Player player_;
  Window window_;
  SceneCopy scene_;
  std::optional<SceneView> view_;  // after the first copy of the scene
  Shown shown_;
  WindowState state_;
  RateMeter frames_;
  double message_end_ = 0.0;
  bool picture_wanted_ = false;
  bool close_ = false;
};

Viewer::Viewer(const ViewerOptions& options, bool software,
               std::unique_ptr<experiments::Policy> policy)
    : options_(options),
      player_(options.task, options.environment, std::move(policy)),
      window_(options.task, options.width, options.height, software ? 0 : kSamples, Handlers()) {
  if (options.paused) player_.Post(Command::kPause);
  if (player_.has_scene()) player_.CopyScene(&scene_);
  view_.emplace(scene_.model.get(), scene_.data.get(), options.environment.render.camera_id,
                FontScale(window_.content_scale()), software);
}

WindowHandlers Viewer::Handlers() {
  WindowHandlers handlers;
  handlers.key = [this](int key, bool control) {
    if (const auto command = CommandOfKey(key, control)) Obey(*command);
  };
  handlers.press = [this](const Held& held) {
    const Gesture gesture = GestureOf(held, view_->selected());
    if (gesture.perturb) {
      view_->BeginPerturb(gesture.action);
    } else {
      view_->EndPerturb();
    }
    player_.SetPerturb(view_->perturb());
  };
  handlers.drag = [this](const Held& held, double dx, double dy) { Drag(held, dx, dy); };
  handlers.scroll = [this](double notches) {
    view_->MoveCamera(mjMOUSE_ZOOM, 0.0, -kZoomPerNotch * notches);
  };
  handlers.double_click = [this](double x, double y) {
    view_->Select({0, 0, window_.framebuffer_width(), window_.framebuffer_height()}, x, y);
    player_.SetPerturb(view_->perturb());
  };
  return handlers;
}

void Viewer::Drag(const Held& held, double dx, double dy) {
  const Gesture gesture = GestureOf(held, view_->selected());
  if (gesture.action == mjMOUSE_NONE) return;
  if (!gesture.perturb || view_->perturb().active == 0) {
    view_->MoveCamera(gesture.action, dx, dy);
    return;
  }
  view_->MovePerturb(gesture.action, dx, dy);
  player_.SetPerturb(view_->perturb());
}

void Viewer::Obey(Command command) {
  switch (command) {
    case Command::kNextCamera:
    case Command::kPreviousCamera:
      view_->NextCamera(command == Command::kNextCamera ? 1 : -1);
      break;
    case Command::kFreeCamera:
      view_->UseFreeCamera();
      break;
    case Command::kLetGo:
      view_->LetGo();
      player_.SetPerturb(view_->perturb());
      break;
    case Command::kOverlay:
      shown_.overlay = !shown_.overlay;
      break;
    case Command::kInset:
      shown_.inset = !shown_.inset;
      player_.WantFrames(shown_.inset);
      break;
    case Command::kHelp:
      shown_.help = !shown_.help;
      break;
    case Command::kFullscreen:
      window_.ToggleFullscreen();
      break;
    case Command::kScreenshot:
      picture_wanted_ = true;
      break;
    case Command::kClose:
      close_ = true;
      break;
    default:
      player_.Post(command);
  }
}

void Viewer::Tell(const std::string& message) {
  state_.message = message;
  message_end_ = Now() + kMessageTime;
}

void Viewer::WritePicture(mjrRect viewport, const std::string& task) {
  video::Image image(viewport.height, viewport.width);
  mjr_readPixels(image.pixels.data(), nullptr, viewport, view_->context());
  const std::size_t row = std::size_t{3} * image.width;  // GL's row 0 is the lowest
  for (int y = 0; y < image.height / 2; ++y) {
    std::swap_ranges(image.at(y, 0), image.at(y, 0) + row, image.at(image.height - 1 - y, 0));
  }
  std::string path;
  for (int number = 1; path.empty() || std::filesystem::exists(path); ++number) {
    char name[16];
    std::snprintf(name, sizeof name, "_%03d.png", number);
    path = options_.picture_dir + "/" + task + name;
  }
  try {
    experiments::WritePng(path, image.pixels.data(), image.height, image.width, 3);
    std::printf("%s\n", path.c_str());
    std::fflush(stdout);
    Tell("written: " + path);
  } catch (const std::runtime_error& error) {  // a full disk is no reason to close
    std::fprintf(stderr, "curl-rl: %s\n", error.what());
    Tell("not written");
  }
}

void Viewer::Draw(const PlayState& play, double now) {
  const mjrRect viewport{0, 0, window_.framebuffer_width(), window_.framebuffer_height()};
  if (viewport.width < 1 || viewport.height < 1) return;
  const double scale = window_.content_scale();
  view_->SetFontScale(FontScale(scale));
  if (player_.has_scene()) {
    player_.CopyScene(&scene_);
    view_->DrawScene(viewport);
  } else if (play.frame) {
    DrawFrame(*play.frame, viewport, *view_->context());
  }
  state_.camera = view_->CameraName();
  state_.frames_per_second = frames_.Rate(now);
  if (now > message_end_) state_.message.clear();
  DrawOverlays(play, state_, shown_, scale, viewport, *view_->context());
  if (std::exchange(picture_wanted_, false)) WritePicture(viewport, play.task);
  window_.SwapBuffers();
  frames_.Add(now);
}

void Viewer::Run() {
  const experiments::SignalRequests signals;
  std::uint64_t drawn_version = 0;
  double drawn_at = 0.0;
  double titled_at = 0.0;
  std::string title;
  bool wanted = true;
  while (!close_ && !window_.should_close() && !signals.stop()) {
    const double next = drawn_at + kFrameTime;
    wanted = window_.HandleEvents(std::max(0.0, next - Now())) || wanted;
    const double now = Now();
    if (now < next) continue;
    const std::uint64_t version = player_.version();
    const PlayState play = player_.state();
    // While it is paused and nobody does anything, nothing is drawn but now and then.
    wanted = wanted || version != drawn_version || !play.paused || now - drawn_at > kIdleTime;
    if (!wanted) {
      drawn_at = std::max(drawn_at, now - kFrameTime * 0.5);
      continue;
    }
    Draw(play, now);
    drawn_version = version;
    drawn_at = now;
    wanted = false;
    const std::string new_title = Title(play);
    if (new_title != title && (play.paused || now - titled_at > kTitleTime)) {
      window_.SetTitle(new_title);
      title = new_title;
      titled_at = now;
    }
  }
}

}  // namespace

void View(const ViewerOptions& options, std::unique_ptr<experiments::Policy> policy) {
  const auto system = OpenDisplay(options.advice);
  const bool software = FindOpenGl();
  Viewer(options, software, std::move(policy)).Run();
}

}  // namespace curl_rl::viewer
