// The fish tasks: turn upright, or bring the mouth to a target while being upright.
// Figures and formulas: dm_control/suite/fish.py.
#include <memory>
#include <string>
#include <vector>

#include "envs/joint_randomizer.h"
#include "envs/model_path.h"
#include "envs/mujoco_environment.h"
#include "envs/suite/local_frame.h"
#include "envs/suite/suite.h"
#include "envs/tolerance.h"

namespace curl_rl::envs::suite {
namespace {

constexpr int kJoints = 7;               // of tail and fins, behind the free joint
constexpr double kLargestAngle = 0.2;    // rad, of a joint at the start
constexpr double kTargetDistance = 0.4;  // metres, along x and y
constexpr double kTargetLow = 0.1, kTargetHigh = 0.3;

class Fish final : public MujocoEnvironment {
 public:
  Fish(const std::string& name, bool swimming, const EnvironmentOptions& options)
      : MujocoEnvironment(LoadModel(ModelPath("suite/fish.xml")),
                          {name, 0.04, 40.0, Entries(swimming)}, options),
        swimming_(swimming),
        torso_(ElementId(model(), mjOBJ_BODY, "torso")),
        mouth_(ElementId(model(), mjOBJ_GEOM, "mouth")),
        target_(ElementId(model(), mjOBJ_GEOM, "target")) {}

 private:
  static std::vector<StateEntry> Entries(bool swimming) {
    if (!swimming) return {{"joint_angles", kJoints}, {"upright", 1}, {"velocity", 6 + kJoints}};
    return {{"joint_angles", kJoints}, {"upright", 1}, {"target", 3}, {"velocity", 6 + kJoints}};
  }

  void InitializeEpisode(NumpyRandom& random) override {
    double* qpos = mutable_data().qpos;
    RandomRotation(qpos + 3, random);
    for (int i = 0; i < kJoints; ++i) qpos[7 + i] = random.Uniform(-kLargestAngle, kLargestAngle);
    if (!swimming_) {
      mutable_model().geom_rgba[4 * target_ + 3] = 0.0F;
      return;
    }
    double* place = mutable_model().geom_pos + 3 * target_;
    place[0] = random.Uniform(-kTargetDistance, kTargetDistance);
    place[1] = random.Uniform(-kTargetDistance, kTargetDistance);
    place[2] = random.Uniform(kTargetLow, kTargetHigh);
  }

  double Reward() const override {
    if (!swimming_) return Tolerance(Upright(), 1.0, 1.0, {1.0});
    double to_target[3];
    MouthToTarget(to_target);
    const double radii = model().geom_size[3 * mouth_] + model().geom_size[3 * target_];
    const double in_target = Tolerance(mju_norm3(to_target), 0.0, radii, {2 * radii});
    return (7 * in_target + 0.5 * (Upright() + 1)) / 8;
  }

  void State(std::vector<double>* state) const override {
    state->insert(state->end(), data().qpos + 7, data().qpos + 7 + kJoints);
    state->push_back(Upright());
    if (swimming_) {
      double to_target[3];
      MouthToTarget(to_target);
      state->insert(state->end(), to_target, to_target + 3);
    }
    state->insert(state->end(), data().qvel, data().qvel + model().nv);
  }

  double Upright() const { return data().xmat[9 * torso_ + 8]; }

  // In the mouth's frame.
  void MouthToTarget(double* local) const {
    double world[3];
    mju_sub3(world, data().geom_xpos + 3 * target_, data().geom_xpos + 3 * mouth_);
    ToLocal(local, world, data().geom_xmat + 9 * mouth_);
  }

  bool swimming_;
  int torso_;
  int mouth_;
  int target_;
};

constexpr char kSource[] = "dm_control/suite/fish.py";

}  // namespace

std::vector<EnvironmentInfo> FishTasks() {
  return {Task<Fish>("fish_upright", "turn upright in the water", kSource, false),
          Task<Fish>("fish_swim", "swim to a target", kSource, true)};
}

}  // namespace curl_rl::envs::suite
