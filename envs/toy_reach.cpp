// A blob that is moved to another: the game, its reward, its pixels and its snapshots.
#include "envs/toy_reach.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>

#include "envs/numpy_random.h"
#include "envs/snapshot_bytes.h"
#include "envs/tolerance.h"

namespace curl_rl::envs {
namespace {

constexpr int kStepLimit = 50;
constexpr double kSpeed = 0.2;             // places a step at action 1
constexpr double kLeastDistance = 0.6;     // between the blobs at the start
constexpr double kOnTarget = 0.08;         // distance with full reward
constexpr double kMargin = 0.6;            // beyond it the reward is below 0.1
constexpr double kVisibleHalfWidth = 1.5;  // places from the frame's middle to its edge
constexpr double kBlobRadius = 0.18;       // one standard deviation of a blob's brightness

class ToyReach final : public Environment {
 public:
  explicit ToyReach(const EnvironmentOptions& options) : play_{NumpyRandom(options.seed)} {
    action_spec_.size = 1;
    observation_spec_.state = {{"position", 1}, {"target", 1}};
    if (!options.pixels) return;
    if (options.image_size < 1) throw std::invalid_argument("image_size must be positive");
    observation_spec_.height = observation_spec_.width = options.image_size;
    observation_spec_.channels = 3;
  }

  const ObservationSpec& observation_spec() const override { return observation_spec_; }
  const ActionSpec& action_spec() const override { return action_spec_; }
  double control_timestep() const override { return 0.1; }
  int step_limit() const override { return kStepLimit; }

  void Reset() override {
    do {
      play_.position = play_.random.Uniform(-1.0, 1.0);
      play_.target = play_.random.Uniform(-1.0, 1.0);
    } while (std::abs(play_.position - play_.target) < kLeastDistance);
    play_.step = 0;
    play_.running = play_.started = true;
  }

  StepResult Step(const std::vector<double>& action) override {
    if (!play_.running) {
      throw std::logic_error("toy_reach: Step before Reset or after the episode's last step");
    }
    CheckAction(action_spec_, action);
    play_.position = std::clamp(play_.position + kSpeed * action[0], -1.0, 1.0);
    StepResult result;
    result.reward = Tolerance(play_.position - play_.target, -kOnTarget, kOnTarget, {kMargin});
    result.truncated = ++play_.step >= kStepLimit;
    play_.running = !result.truncated;
    return result;
  }

  void Observe(std::uint8_t* pixels) override {
    RequireStarted();
    const int size = observation_spec_.height;
    if (size == 0) throw std::logic_error("toy_reach: Observe, but it was made without pixels");
    // A blob is a product of a profile along the line and one across it.
    const std::vector<double> red = Profile(play_.position);
    const std::vector<double> green = Profile(play_.target);
    const std::vector<double> across = Profile(0.0);
    for (int y = 0; y < size; ++y) {
      for (int x = 0; x < size; ++x) {
        *pixels++ = static_cast<std::uint8_t>(255.0 * across[y] * red[x]);
        *pixels++ = static_cast<std::uint8_t>(255.0 * across[y] * green[x]);
        *pixels++ = 40;
      }
    }
  }

  void ObserveState(double* state) const override {
    RequireStarted();
    state[0] = play_.position;
    state[1] = play_.target;
  }

  std::vector<std::uint8_t> Snapshot() const override {
    SnapshotWriter writer;  // one by one: the struct has padding, whose bytes are anything
    writer.Write(play_.random);
    writer.Write(play_.position);
    writer.Write(play_.target);
    writer.Write(play_.step);
    writer.Write(play_.started);
    writer.Write(play_.running);
    return writer.Take();
  }

  void Restore(const std::vector<std::uint8_t>& bytes) override {
    SnapshotReader reader(bytes);
    Play play = play_;
    play.random = reader.Read<NumpyRandom>();
    play.position = reader.Read<double>();
    play.target = reader.Read<double>();
    play.step = reader.Read<int>();
    play.started = reader.ReadFlag();
    play.running = reader.ReadFlag();
    if (!reader.at_end()) throw std::runtime_error("toy_reach: the snapshot is too long");
    if (!play.random.IsValid() || play.step < 0 || !std::isfinite(play.position) ||
        !std::isfinite(play.target)) {
      throw std::runtime_error("toy_reach: the snapshot is of no episode");
    }
    play_ = play;
  }

 private:
  // All that changes.
  struct Play {
    NumpyRandom random;
    double position = 0.0;
    double target = 0.0;
    int step = 0;
    bool started = false;
    bool running = false;
  };

  void RequireStarted() const {
    if (!play_.started) throw std::logic_error("toy_reach: observed before Reset");
  }

  // Brightness in [0, 1] of each pixel along a side of the frame for a blob at `place`.
  std::vector<double> Profile(double place) const {
    std::vector<double> profile(observation_spec_.width);
    for (std::size_t i = 0; i < profile.size(); ++i) {
      const double at = kVisibleHalfWidth * (2.0 * (i + 0.5) / profile.size() - 1.0);
      const double distance = (at - place) / kBlobRadius;
      profile[i] = std::exp(-0.5 * distance * distance);
    }
    return profile;
  }

  ObservationSpec observation_spec_;
  ActionSpec action_spec_;
  Play play_;
};

}  // namespace

std::vector<EnvironmentInfo> ToyTasks() {
  return {{"toy_reach", "bring a red blob over a green one; no MuJoCo, no OpenGL", "curl_rl",
           [](const EnvironmentOptions& options) { return std::make_unique<ToyReach>(options); }}};
}

}  // namespace curl_rl::envs
