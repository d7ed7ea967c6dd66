// The walker tasks: stand upright, and walk or run forward while doing so.
// Figures and formulas: dm_control/suite/walker.py.
#include <memory>

#include "envs/joint_randomizer.h"
#include "envs/model_path.h"
#include "envs/mujoco_environment.h"
#include "envs/suite/suite.h"
#include "envs/tolerance.h"

namespace curl_rl::envs::suite {
namespace {

constexpr double kStandHeight = 1.2;  // metres, of the torso
constexpr int kBodies = 7;            // torso and, on each side, thigh, leg, foot

class Walker final : public MujocoEnvironment {
 public:
  // `speed` in m/s; 0: standing is enough.
  Walker(const std::string& name, double speed, const EnvironmentOptions& options)
      : MujocoEnvironment(
            LoadModel(ModelPath("suite/walker.xml")),
            {name, 0.025, 25.0, {{"orientations", 2 * kBodies}, {"height", 1}, {"velocity", 9}}},
            options),
        speed_(speed),
        torso_(ElementId(model(), mjOBJ_BODY, "torso")),
        velocity_(SensorAddress(model(), "velocity")) {}

 private:
  void InitializeEpisode(NumpyRandom& random) override {
    RandomizeJoints(model(), mutable_data(), random);
  }

  double Reward() const override {
    const double standing = Tolerance(Height(), kStandHeight, kInfinity, {kStandHeight / 2});
    const double upright = (1 + data().xmat[9 * torso_ + 8]) / 2;
    const double stand = (3 * standing + upright) / 4;
    if (speed_ == 0.0) return stand;
    const double move = Tolerance(data().sensordata[velocity_], speed_, kInfinity,
                                  {speed_ / 2, 0.5, Sigmoid::kLinear});
    return stand * (5 * move + 1) / 6;
  }

  // Of every body the x components of its x and z axes: cosine and sine of its pitch.
  void State(std::vector<double>* state) const override {
    for (int body = 1; body <= kBodies; ++body) {
      const double* axes = data().xmat + 9 * body;
      state->insert(state->end(), {axes[0], axes[2]});
    }
    state->push_back(Height());
    state->insert(state->end(), data().qvel, data().qvel + 9);
  }

  double Height() const { return data().xpos[3 * torso_ + 2]; }

  double speed_;
  int torso_;
  int velocity_;  // of the whole body's centre of mass
};

constexpr char kSource[] = "dm_control/suite/walker.py";

}  // namespace

std::vector<EnvironmentInfo> WalkerTasks() {
  return {Task<Walker>("walker_stand", "stand upright on two legs", kSource, 0.0),
          Task<Walker>("walker_walk", "walk forward on two legs, at 1 m/s", kSource, 1.0),
          Task<Walker>("walker_run", "run forward on two legs, at 8 m/s", kSource, 8.0)};
}

}  // namespace curl_rl::envs::suite
