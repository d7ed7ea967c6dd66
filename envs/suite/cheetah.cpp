// The cheetah task: run forward, at 10 m/s or more for the full reward.
// Figures and formulas: dm_control/suite/cheetah.py.
#include <memory>

#include "envs/model_path.h"
#include "envs/mujoco_environment.h"
#include "envs/suite/suite.h"
#include "envs/tolerance.h"

namespace curl_rl::envs::suite {
namespace {

constexpr double kRunSpeed = 10.0;   // m/s
constexpr int kSettlingSteps = 200;  // physics steps before an episode starts

class Cheetah final : public MujocoEnvironment {
 public:
  explicit Cheetah(const EnvironmentOptions& options)
      : MujocoEnvironment(LoadModel(ModelPath("suite/cheetah.xml")),
                          {"cheetah_run", 0.01, 10.0, {{"position", 8}, {"velocity", 9}}}, options),
        velocity_(SensorAddress(model(), "velocity")) {}

 private:
  // Random legs, then a fall to the ground. The first settling step still uses the forces of the
  // reset pose, as nothing is recomputed after the draw; the suite does it so.
  void InitializeEpisode(NumpyRandom& random) override {
    for (int joint = 0; joint < model().njnt; ++joint) {
      if (!model().jnt_limited[joint]) continue;
      const double* range = model().jnt_range + 2 * joint;
      mutable_data().qpos[joint] = random.Uniform(range[0], range[1]);
    }
    StepPhysics(kSettlingSteps);
    mutable_data().time = 0.0;
  }

  double Reward() const override {
    return Tolerance(data().sensordata[velocity_], kRunSpeed, kInfinity,
                     {kRunSpeed, 0.0, Sigmoid::kLinear});
  }

  // Without the first coordinate: where along the track it is shall not matter.
  void State(std::vector<double>* state) const override {
    state->insert(state->end(), data().qpos + 1, data().qpos + 9);
    state->insert(state->end(), data().qvel, data().qvel + 9);
  }

  int velocity_;  // of the whole body's centre of mass
};

}  // namespace

std::vector<EnvironmentInfo> CheetahTasks() {
  return {{"cheetah_run", "run forward on two legs", "dm_control/suite/cheetah.py",
           [](const EnvironmentOptions& options) { return std::make_unique<Cheetah>(options); }}};
}

}  // namespace curl_rl::envs::suite
