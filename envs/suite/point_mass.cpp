// The point-mass tasks: push a ball to the middle of the table.
// Figures and formulas: dm_control/suite/point_mass.py.
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

constexpr double kMaxCosine = 0.9;  // of the angle between the two directions of the hard task

void DrawDirection(NumpyRandom& random, double* direction) {
  for (int i = 0; i < 2; ++i) direction[i] = random.Normal();
  const double length = std::sqrt(direction[0] * direction[0] + direction[1] * direction[1]);
  for (int i = 0; i < 2; ++i) direction[i] /= length;
}

class PointMass final : public MujocoEnvironment {
 public:
  // `random_directions`: what each action pushes along is drawn at every reset.
  PointMass(const std::string& name, bool random_directions, const EnvironmentOptions& options)
      : MujocoEnvironment(LoadModel(ModelPath("suite/point_mass.xml")),
                          {name, 0.02, 20.0, {{"position", 2}, {"velocity", 2}}}, options),
        random_directions_(random_directions),
        target_(ElementId(model(), mjOBJ_GEOM, "target")),
        mass_(ElementId(model(), mjOBJ_GEOM, "mass")) {}

 private:
  // wrap_prm holds the tendons' coefficients: (x, y) of the first, then of the second.
  void InitializeEpisode(NumpyRandom& random) override {
    RandomizeJoints(model(), mutable_data(), random);
    if (!random_directions_) return;
    double* first = mutable_model().wrap_prm;
    double* second = first + 2;
    DrawDirection(random, first);
    do {
      DrawDirection(random, second);
    } while (std::abs(first[0] * second[0] + first[1] * second[1]) > kMaxCosine);
  }

  double Reward() const override {
    const double distance = mju_dist3(data().geom_xpos + 3 * target_, data().geom_xpos + 3 * mass_);
    const double radius = model().geom_size[3 * target_];
    return Tolerance(distance, 0.0, radius, {radius}) * SmallControl(model(), data());
  }

  void State(std::vector<double>* state) const override {
    state->insert(state->end(), data().qpos, data().qpos + 2);
    state->insert(state->end(), data().qvel, data().qvel + 2);
  }

  bool random_directions_;
  int target_;
  int mass_;
};

constexpr char kSource[] = "dm_control/suite/point_mass.py";

}  // namespace

std::vector<EnvironmentInfo> PointMassTasks() {
  return {
      Task<PointMass>("point_mass_easy", "push a ball to the target along x and y", kSource, false),
      Task<PointMass>("point_mass_hard", "push a ball to the target along two unknown directions",
                      kSource, true)};
}

}  // namespace curl_rl::envs::suite
