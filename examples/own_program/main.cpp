// A program of your own: one environment, one registration, and the whole command line with it.
//   own_program envs catch_ball --check
//   own_program train catch_ball.yaml
#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "envs/numpy_random.h"
#include "envs/registry.h"
#include "experiments/commands/program.h"

namespace {

using namespace curl_rl;

constexpr int kHeight = 20;      // control steps that the ball falls
constexpr double kSpeed = 0.15;  // of the paddle, places a step at action 1
constexpr double kHalfWidth = 0.2;

// A ball falls straight down somewhere in [-1, 1]; the paddle below should be where it lands.
class CatchBall final : public envs::Environment {
 public:
  explicit CatchBall(const envs::EnvironmentOptions& options) : random_(options.seed) {
    observation_spec_.state = {{"paddle", 1}, {"ball", 2}};
    action_spec_.size = 1;
    if (!options.pixels) return;
    observation_spec_.height = observation_spec_.width = options.image_size;
    observation_spec_.channels = 1;
  }

  const envs::ObservationSpec& observation_spec() const override { return observation_spec_; }
  const envs::ActionSpec& action_spec() const override { return action_spec_; }
  double control_timestep() const override { return 0.05; }
  int step_limit() const override { return kHeight; }

  void Reset() override {
    paddle_ = random_.Uniform(-1.0, 1.0);
    ball_ = random_.Uniform(-1.0, 1.0);
    step_ = 0;
  }

  envs::StepResult Step(const std::vector<double>& action) override {
    if (step_ < 0 || step_ >= kHeight) throw std::logic_error("catch_ball: Reset comes first");
    envs::CheckAction(action_spec_, action);
    paddle_ = std::clamp(paddle_ + kSpeed * action[0], -1.0, 1.0);
    ++step_;
    envs::StepResult result;
    result.reward = std::abs(paddle_ - ball_) < kHalfWidth ? 1.0 : 0.0;
    result.truncated = step_ == kHeight;
    return result;
  }

  void Observe(std::uint8_t* pixels) override {
    const int size = observation_spec_.height;
    if (size == 0) throw std::logic_error("catch_ball: made without pixels");
    const auto at = [size](int pixel) { return 2.5 * ((pixel + 0.5) / size - 0.5); };
    for (int y = 0; y < size; ++y) {
      for (int x = 0; x < size; ++x) {
        const bool paddle = at(y) > 1.0 && std::abs(at(x) - paddle_) < kHalfWidth;
        const double height = -1.0 + 2.0 * step_ / kHeight;
        const bool ball = std::abs(at(y) - height) < 0.15 && std::abs(at(x) - ball_) < 0.15;
        *pixels++ = paddle ? 255 : ball ? 160 : 0;
      }
    }
  }

  void ObserveState(double* state) const override {
    state[0] = paddle_;
    state[1] = ball_;
    state[2] = step_;
  }

 private:
  envs::ObservationSpec observation_spec_;
  envs::ActionSpec action_spec_;
  envs::NumpyRandom random_;
  double paddle_ = 0.0;
  double ball_ = 0.0;
  int step_ = -1;  // before the first Reset
};

std::unique_ptr<envs::Environment> Make(const envs::EnvironmentOptions& options) {
  return std::make_unique<CatchBall>(options);
}

}  // namespace

int main(int argc, char** argv) {
  envs::Register({"catch_ball", "be where the ball lands", "this example", Make});
  return experiments::Main(argc, argv);
}
