// The reacher tasks: bring the finger of a two-link arm to a target on the table.
// Figures and formulas: dm_control/suite/reacher.py.
#include <cmath>
#include <memory>

#include "envs/joint_randomizer.h"
#include "envs/model_path.h"
#include "envs/mujoco_environment.h"
#include "envs/suite/suite.h"
#include "envs/tolerance.h"

namespace curl_rl::envs::suite {
namespace {

class Reacher final : public MujocoEnvironment {
 public:
  Reacher(const std::string& name, double target_radius, const EnvironmentOptions& options)
      : MujocoEnvironment(LoadModel(ModelPath("suite/reacher.xml")),
                          {name, 0.02, 20.0, {{"position", 2}, {"to_target", 2}, {"velocity", 2}}},
                          options),
        target_radius_(target_radius),
        target_(ElementId(model(), mjOBJ_GEOM, "target")),
        finger_(ElementId(model(), mjOBJ_GEOM, "finger")) {}

 private:
  // The joints first, then the target's place in polar coordinates, its angle from +y towards +x.
  void InitializeEpisode(NumpyRandom& random) override {
    mutable_model().geom_size[3 * target_] = target_radius_;
    RandomizeJoints(model(), mutable_data(), random);
    const double angle = random.Uniform(0.0, 2.0 * mjPI);
    const double radius = random.Uniform(0.05, 0.20);
    mutable_model().geom_pos[3 * target_] = radius * std::sin(angle);
    mutable_model().geom_pos[3 * target_ + 1] = radius * std::cos(angle);
  }

  // 1 while finger and target overlap, seen from above.
  double Reward() const override {
    const double x = ToTarget(0);
    const double y = ToTarget(1);
    const double radii = model().geom_size[3 * target_] + model().geom_size[3 * finger_];
    return Tolerance(std::sqrt(x * x + y * y), 0.0, radii);
  }

  void State(std::vector<double>* state) const override {
    state->insert(state->end(), data().qpos, data().qpos + 2);
    state->insert(state->end(), {ToTarget(0), ToTarget(1)});
    state->insert(state->end(), data().qvel, data().qvel + 2);
  }

  // From the finger to the target along a world axis, in metres.
  double ToTarget(int axis) const {
    return data().geom_xpos[3 * target_ + axis] - data().geom_xpos[3 * finger_ + axis];
  }

  double target_radius_;
  int target_;
  int finger_;
};

constexpr char kSource[] = "dm_control/suite/reacher.py";

}  // namespace

std::vector<EnvironmentInfo> ReacherTasks() {
  return {Task<Reacher>("reacher_easy", "bring a two-link arm's finger to a large target", kSource,
                        0.05),
          Task<Reacher>("reacher_hard", "bring a two-link arm's finger to a small target", kSource,
                        0.015)};
}

}  // namespace curl_rl::envs::suite
