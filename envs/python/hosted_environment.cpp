// The contract of an environment kept over a host: order of calls, ranges, finite numbers, sizes.
#include "envs/python/hosted_environment.h"

#include <cmath>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

#include "envs/python/area_resize.h"
#include "envs/python/host_description.h"
#include "envs/python/host_process.h"

namespace curl_rl::envs {
namespace {

constexpr std::uint64_t kTerminated = 1, kTruncated = 2;  // as host_process.h says
constexpr std::uint64_t kActionsAt = 16;

std::string Size(int height, int width) {
  return std::to_string(height) + "x" + std::to_string(width);
}

class HostedEnvironment final : public Environment {
 public:
  HostedEnvironment(const HostedTask& task, const EnvironmentOptions& options)
      : spec_(task.spec), host_(StartOf(task, options)) {
    Begin(options);
  }

  const ObservationSpec& observation_spec() const override { return observation_spec_; }
  const ActionSpec& action_spec() const override { return action_spec_; }
  double control_timestep() const override { return shown_.timestep; }
  int step_limit() const override { return shown_.step_limit; }
  std::string DrawnBy() const override { return drawn_by_; }
  PackageVersions Versions() const override { return shown_.versions; }

  void Reset() override {
    running_ = false;
    Ask('r', "reset");
    drawn_ = !shown_.drawn_when_asked;
    step_ = 0;
    ++episode_;
    CheckState();
    running_ = true;
  }

  StepResult Step(const std::vector<double>& action) override {
    if (!running_) {
      throw std::logic_error(spec_ + ": Step before Reset or after the episode's last step");
    }
    CheckAction(action_spec_, action);
    for (std::size_t i = 0; i < action.size(); ++i) {
      const double scaled = Scaled(i, action[i]);
      std::memcpy(host_.memory() + kActionsAt + i * sizeof scaled, &scaled, sizeof scaled);
    }
    running_ = false;  // until it is done, and if it is not
    Ask('s', "step");
    drawn_ = !shown_.drawn_when_asked;
    ++step_;
    StepResult result;
    std::uint64_t flags = 0;
    std::memcpy(&result.reward, host_.memory(), sizeof result.reward);
    std::memcpy(&flags, host_.memory() + sizeof result.reward, sizeof flags);
    result.terminated = (flags & kTerminated) != 0;
    result.truncated = (flags & kTruncated) != 0;
    if (!std::isfinite(result.reward)) FailAsNotFinite("its reward", result.reward);
    CheckState();
    running_ = !result.last();
    return result;
  }

  void Observe(std::uint8_t* pixels) override {
    if (!observation_spec_.has_pixels()) {
      throw std::logic_error(spec_ + ": Observe, but it draws nothing or was made without pixels");
    }
    RequireStarted();
    if (!drawn_) Ask('o', "render");
    drawn_ = true;
    const ObservationSpec& from = shown_.observation;
    ResizeByArea(reinterpret_cast<const std::uint8_t*>(host_.memory() + frame_at_),
                 {from.height, from.width, from.channels}, pixels,
                 {observation_spec_.height, observation_spec_.width, from.channels});
  }

  void ObserveState(double* state) const override {
    if (state_size_ == 0) throw std::logic_error(spec_ + ": it has no state vector, only pictures");
    RequireStarted();
    std::memcpy(state, host_.memory() + state_at_, state_size_ * sizeof *state);
  }

 private:
  static HostStart StartOf(const HostedTask& task, const EnvironmentOptions& options) {
    HostStart start;
    start.python = options.python.program.empty() ? "python3" : options.python.program;
    start.time_limit = options.python.time_limit;
    start.arguments = {task.kind,
                       task.where,
                       task.make,
                       std::to_string(options.seed),
                       options.pixels ? "1" : "0",
                       std::to_string(options.image_size),
                       std::to_string(options.render.camera_id)};
    return start;
  }

  void Begin(const EnvironmentOptions& options) {
    shown_ = ParseHostDescription(host_.Description());
    observation_spec_ = shown_.observation;
    action_spec_.size = static_cast<int>(shown_.low.size());
    state_size_ = static_cast<std::size_t>(observation_spec_.state_size());
    state_at_ = kActionsAt + shown_.low.size() * sizeof(double);
    frame_at_ = state_at_ + state_size_ * sizeof(double);
    host_.Map({kActionsAt, state_at_, frame_at_, frame_at_ + observation_spec_.pixel_count()});
    if (observation_spec_.has_pixels()) FitFrames(options);
  }

  void FitFrames(const EnvironmentOptions& options) {
    const int height = observation_spec_.height, width = observation_spec_.width;
    drawn_by_ = shown_.drawn_by;
    if (height == options.image_size && width == options.image_size) return;
    if (!options.python.resize) {
      throw std::runtime_error(
          "its frames (" + drawn_by_ + ") have " + Size(height, width) + " pixels, not the " +
          Size(options.image_size, options.image_size) +
          " of environment.image_size; environment.resize=true makes them so" +
          (height == width ? ", environment.image_size=" + std::to_string(height) + " takes them"
                           : ""));
    }
    observation_spec_.height = observation_spec_.width = options.image_size;
    drawn_by_ +=
        ", " + Size(height, width) + " resized to " + Size(options.image_size, options.image_size);
  }

  // A component of an action, [-1, 1], in the environment's units. The usual range is passed on as
  // it is: the arithmetic would cost the last digits.
  double Scaled(std::size_t i, double action) const {
    const double low = shown_.low[i], high = shown_.high[i];
    if (low == -1.0 && high == 1.0) return action;
    return (action + 1.0) / 2.0 * (high - low) + low;
  }

  void RequireStarted() const {
    if (episode_ == 0) throw std::logic_error(spec_ + ": observed before Reset");
  }

  void CheckState() {
    const std::byte* at = host_.memory() + state_at_;
    for (const StateEntry& entry : observation_spec_.state) {
      for (int i = 0; i < entry.size; ++i, at += sizeof(double)) {
        double value = 0.0;
        std::memcpy(&value, at, sizeof value);
        if (std::isfinite(value)) continue;
        FailAsNotFinite("number " + std::to_string(i) + " of its observation '" + entry.name + "'",
                        value);
      }
    }
  }

  void Ask(char command, const char* what) {
    try {
      host_.Ask(command, what);
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(spec_ + ": " + error.what());
    }
  }

  [[noreturn]] void FailAsNotFinite(const std::string& what, double value) const {
    throw std::runtime_error(spec_ + ": " + what + " is " + std::to_string(value) + " at step " +
                             std::to_string(step_) + " of episode " + std::to_string(episode_) +
                             "; allowed: finite numbers");
  }

  std::string spec_;
  HostProcess host_;
  HostDescription shown_;             // as Python shows it
  ObservationSpec observation_spec_;  // as it is seen here: frames of the size asked for
  ActionSpec action_spec_;
  std::string drawn_by_ = "no OpenGL";
  std::size_t state_size_ = 0;
  std::uint64_t state_at_ = 0, frame_at_ = 0;  // in the shared memory
  std::int64_t episode_ = 0;                   // that were begun
  std::int64_t step_ = 0;                      // of this one
  bool running_ = false;                       // an episode, not at its end
  bool drawn_ = false;                         // the frame in the memory is of this state
};

}  // namespace

std::unique_ptr<Environment> MakeHosted(const HostedTask& task, const EnvironmentOptions& options) {
  try {
    return std::make_unique<HostedEnvironment>(task, options);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(task.spec + ": " + error.what());
  }
}

}  // namespace curl_rl::envs
