// Plug-ins with one fault each; CURL_RL_FAULT chooses it.
#include <cmath>
#include <stdexcept>

#include "envs/plugin.h"

namespace curl_rl::envs {
namespace {

#define NONE 0
#define OTHER_NUMBER 1
#define OTHER_VERSION 2
#define THROWS 3
#define THROWS_A_NUMBER 4
#define MAKES_NOTHING 5
#define WRITES_TOO_MUCH 6
#define WRONG_IMAGE_SIZE 7
#define TAKEN_NAME 8
#define EMPTY 9
#define THROWS_IN_STEP 10
#define THROWS_AT_LOADING 11
#define THROWS_LATER 12
#define REWARDS_NAN_LATER 13

class Still : public Environment {
 public:
  explicit Still(const EnvironmentOptions& options) {
    spec_.state = {{"place", 2}};
    if (!options.pixels) return;
    spec_.height = spec_.width = options.image_size * (CURL_RL_FAULT == WRONG_IMAGE_SIZE ? 2 : 1);
    spec_.channels = 3;
  }
  const ObservationSpec& observation_spec() const override { return spec_; }
  const ActionSpec& action_spec() const override { return action_; }
  double control_timestep() const override { return 0.1; }
  int step_limit() const override { return 5; }
  void Reset() override { step_ = 0; }
  StepResult Step(const std::vector<double>&) override {
    if (CURL_RL_FAULT == THROWS_IN_STEP) throw 7;
    const bool late = ++all_steps_ == 220;  // of this environment: in the middle of training
    if (CURL_RL_FAULT == THROWS_LATER && late) throw std::runtime_error("the robot fell over");
    if (CURL_RL_FAULT == REWARDS_NAN_LATER && late) return {std::nan(""), false, ++step_ == 5};
    return {1.0, false, ++step_ == 5};
  }
  void Observe(std::uint8_t* pixels) override {
    for (std::size_t i = 0; i < spec_.pixel_count(); ++i) pixels[i] = 9;
  }
  void ObserveState(double* state) const override {
    for (int i = 0; i < (CURL_RL_FAULT == WRITES_TOO_MUCH ? 300 : 2); ++i) state[i] = 1.0;
  }

 private:
  ObservationSpec spec_;
  ActionSpec action_{1};
  int step_ = 0;
  int all_steps_ = 0;
};

std::unique_ptr<Environment> MakeStill(const EnvironmentOptions& options) {
  if (CURL_RL_FAULT == THROWS) throw std::runtime_error("the robot is not plugged in");
  if (CURL_RL_FAULT == THROWS_A_NUMBER) throw 42;
  if (CURL_RL_FAULT == MAKES_NOTHING) return nullptr;
  return std::make_unique<Still>(options);
}

std::vector<EnvironmentInfo> Tasks() {
  if (CURL_RL_FAULT == EMPTY) return {};
  if (CURL_RL_FAULT == THROWS_AT_LOADING) throw std::runtime_error("no licence");
  return {{CURL_RL_FAULT == TAKEN_NAME ? "cheetah_run" : "still", "stands", "test", MakeStill}};
}

}  // namespace
}  // namespace curl_rl::envs

#if CURL_RL_FAULT == OTHER_NUMBER || CURL_RL_FAULT == OTHER_VERSION
extern "C" const curl_rl::envs::Plugin* curl_rl_plugin() {
  using namespace curl_rl::envs;
  static const Plugin plugin =
      CURL_RL_FAULT == OTHER_NUMBER
          ? Plugin{kPluginNumber + 1, nullptr, nullptr}
          : Plugin{kPluginNumber, "curl_rl 9.9.9, MuJoCo 999, GCC 99, libstdc++", Tasks};
  return &plugin;
}
#else
CURL_RL_PLUGIN(curl_rl::envs::Tasks)
#endif
