// The hopper tasks: stand on one leg, or hop forward on it.
// Figures and formulas: dm_control/suite/hopper.py.
#include <cmath>
#include <memory>

#include "envs/joint_randomizer.h"
#include "envs/model_path.h"
#include "envs/mujoco_environment.h"
#include "envs/suite/small_control.h"
#include "envs/suite/suite.h"
#include "envs/tolerance.h"

namespace curl_rl::envs::suite {
namespace {

constexpr double kStandHeight = 0.6;  // metres, of the torso's centre of mass above the foot's
constexpr double kHopSpeed = 2.0;     // m/s

class Hopper final : public MujocoEnvironment {
 public:
  Hopper(const std::string& name, bool hopping, const EnvironmentOptions& options)
      : MujocoEnvironment(LoadModel(ModelPath("suite/hopper.xml")),
                          {name, 0.02, 20.0, {{"position", 6}, {"velocity", 7}, {"touch", 2}}},
                          options),
        hopping_(hopping),
        torso_(ElementId(model(), mjOBJ_BODY, "torso")),
        foot_(ElementId(model(), mjOBJ_BODY, "foot")),
        velocity_(SensorAddress(model(), "velocity")),
        toe_(SensorAddress(model(), "touch_toe")),
        heel_(SensorAddress(model(), "touch_heel")) {}

 private:
  void InitializeEpisode(NumpyRandom& random) override {
    RandomizeJoints(model(), mutable_data(), random);
  }

  double Reward() const override {
    const double height = data().xipos[3 * torso_ + 2] - data().xipos[3 * foot_ + 2];
    const double standing = Tolerance(height, kStandHeight, 2.0);
    if (!hopping_) return standing * SmallControl(model(), data());
    return standing * Tolerance(data().sensordata[velocity_], kHopSpeed, kInfinity,
                                {kHopSpeed / 2, 0.5, Sigmoid::kLinear});
  }

  // Without the first coordinate: where along the track it is shall not matter.
  void State(std::vector<double>* state) const override {
    state->insert(state->end(), data().qpos + 1, data().qpos + 7);
    state->insert(state->end(), data().qvel, data().qvel + 7);
    state->insert(state->end(),
                  {std::log1p(data().sensordata[toe_]), std::log1p(data().sensordata[heel_])});
  }

  bool hopping_;
  int torso_;
  int foot_;
  int velocity_;  // of the whole body's centre of mass
  int toe_;
  int heel_;
};

constexpr char kSource[] = "dm_control/suite/hopper.py";

}  // namespace

std::vector<EnvironmentInfo> HopperTasks() {
  return {Task<Hopper>("hopper_stand", "stand on one leg", kSource, false),
          Task<Hopper>("hopper_hop", "hop forward on one leg, at 2 m/s", kSource, true)};
}

}  // namespace curl_rl::envs::suite
