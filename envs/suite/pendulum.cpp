// The pendulum task: swing the pole up and hold it within 8 degrees of upright.
// Figures and formulas: dm_control/suite/pendulum.py.
#include <cmath>
#include <memory>

#include "envs/model_path.h"
#include "envs/mujoco_environment.h"
#include "envs/suite/suite.h"
#include "envs/tolerance.h"

namespace curl_rl::envs::suite {
namespace {

constexpr double kAngleBound = 8.0 * mjPI / 180.0;  // rad, from upright

class Pendulum final : public MujocoEnvironment {
 public:
  explicit Pendulum(const EnvironmentOptions& options)
      : MujocoEnvironment(LoadModel(ModelPath("suite/pendulum.xml")),
                          {"pendulum_swingup", 0.02, 20.0, {{"orientation", 2}, {"velocity", 1}}},
                          options),
        pole_(ElementId(model(), mjOBJ_BODY, "pole")) {}

 private:
  void InitializeEpisode(NumpyRandom& random) override {
    mutable_data().qpos[0] = random.Uniform(-mjPI, mjPI);
  }

  double Reward() const override { return Tolerance(Axes()[8], std::cos(kAngleBound), 1.0); }

  void State(std::vector<double>* state) const override {
    state->insert(state->end(), {Axes()[8], Axes()[2], data().qvel[0]});
  }

  // Rotation matrix of the pole, row by row; its z axis (2, 5, 8) points along the pole.
  const double* Axes() const { return data().xmat + 9 * pole_; }

  int pole_;
};

}  // namespace

std::vector<EnvironmentInfo> PendulumTasks() {
  return {{"pendulum_swingup", "swing a pole up and hold it upright with a weak motor",
           "dm_control/suite/pendulum.py",
           [](const EnvironmentOptions& options) { return std::make_unique<Pendulum>(options); }}};
}

}  // namespace curl_rl::envs::suite
