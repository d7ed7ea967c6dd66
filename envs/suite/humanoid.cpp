// The humanoid tasks: stand, walk and run, with the suite's simple humanoid and with the one that
// fits the motion captures of the Carnegie Mellon University (CMU).
// Figures and formulas: dm_control/suite/humanoid.py and humanoid_CMU.py.
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "envs/joint_randomizer.h"
#include "envs/model_path.h"
#include "envs/mujoco_environment.h"
#include "envs/suite/local_frame.h"
#include "envs/suite/small_control.h"
#include "envs/suite/suite.h"
#include "envs/tolerance.h"

namespace curl_rl::envs::suite {
namespace {

constexpr double kStandHeight = 1.4;  // metres, of the head
constexpr double kWalkSpeed = 1.0, kRunSpeed = 10.0;

// What the two humanoids differ in.
struct Body {
  const char* model;
  double control_timestep;  // seconds
  double time_limit;        // seconds
  int joints;
  const char* torso;
  int up_axis;  // the torso's axis that points up when it stands: 0 x, 1 y, 2 z
  std::array<const char*, 4> limbs;
};

constexpr Body kHumanoid = {"suite/humanoid.xml",
                            0.025,
                            25.0,
                            21,
                            "torso",
                            2,
                            {"left_hand", "left_foot", "right_hand", "right_foot"}};

constexpr Body kCmuHumanoid = {
    "suite/humanoid_CMU.xml", 0.02, 20.0, 56, "thorax", 1, {"lhand", "lfoot", "rhand", "rfoot"}};

class Humanoid final : public MujocoEnvironment {
 public:
  // `speed` in m/s; 0: standing is enough. `pure_state`: observe coordinates only.
  Humanoid(const std::string& name, const Body* body, double speed, bool pure_state,
           const EnvironmentOptions& options)
      : MujocoEnvironment(
            LoadModel(ModelPath(body->model)),
            {name, body->control_timestep, body->time_limit, Entries(body->joints, pure_state)},
            options),
        speed_(speed),
        pure_state_(pure_state),
        up_axis_(body->up_axis),
        torso_(ElementId(model(), mjOBJ_BODY, body->torso)),
        head_(ElementId(model(), mjOBJ_BODY, "head")),
        velocity_(SensorAddress(model(), "velocity")) {
    for (std::size_t i = 0; i < limbs_.size(); ++i) {
      limbs_[i] = ElementId(model(), mjOBJ_BODY, body->limbs[i]);
    }
  }

 private:
  static std::vector<StateEntry> Entries(int joints, bool pure_state) {
    if (pure_state) return {{"position", 7 + joints}, {"velocity", 6 + joints}};
    return {{"joint_angles", joints}, {"head_height", 1},  {"extremities", 12},
            {"torso_vertical", 3},    {"com_velocity", 3}, {"velocity", 6 + joints}};
  }

  void InitializeEpisode(NumpyRandom& random) override {
    do {
      RandomizeJoints(model(), mutable_data(), random);
      ForwardWithoutActuation();
    } while (data().ncon > 0);
  }

  double Reward() const override {
    const double standing = Tolerance(HeadHeight(), kStandHeight, kInfinity, {kStandHeight / 4});
    const double upright =
        Tolerance(Vertical()[up_axis_], 0.9, kInfinity, {1.9, 0.0, Sigmoid::kLinear});
    const double stand = standing * upright;
    const double small_control = SmallControl(model(), data());
    const double* velocity = data().sensordata + velocity_;
    if (speed_ == 0.0) {
      const double still =
          (Tolerance(velocity[0], 0.0, 0.0, {2.0}) + Tolerance(velocity[1], 0.0, 0.0, {2.0})) / 2;
      return small_control * stand * still;
    }
    const double move =
        Tolerance(Norm(velocity, 2), speed_, kInfinity, {speed_, 0.0, Sigmoid::kLinear});
    return small_control * stand * ((5 * move + 1) / 6);
  }

  void State(std::vector<double>* state) const override {
    const int nq = model().nq;
    if (pure_state_) {
      state->insert(state->end(), data().qpos, data().qpos + nq);
    } else {
      state->insert(state->end(), data().qpos + 7, data().qpos + nq);
      state->push_back(HeadHeight());
      for (int limb : limbs_) {
        double world[3], local[3];
        mju_sub3(world, data().xpos + 3 * limb, data().xpos + 3 * torso_);
        ToLocal(local, world, data().xmat + 9 * torso_);
        state->insert(state->end(), local, local + 3);
      }
      state->insert(state->end(), Vertical(), Vertical() + 3);
      const double* velocity = data().sensordata + velocity_;
      state->insert(state->end(), velocity, velocity + 3);
    }
    state->insert(state->end(), data().qvel, data().qvel + model().nv);
  }

  double HeadHeight() const { return data().xpos[3 * head_ + 2]; }

  // The heights of the torso's three axes [3].
  const double* Vertical() const { return data().xmat + 9 * torso_ + 6; }

  double speed_;
  bool pure_state_;
  int up_axis_;
  int torso_;
  int head_;
  std::array<int, 4> limbs_;
  int velocity_;  // of the whole body's centre of mass
};

constexpr char kSource[] = "dm_control/suite/humanoid.py";
constexpr char kCmuSource[] = "dm_control/suite/humanoid_CMU.py";

}  // namespace

std::vector<EnvironmentInfo> HumanoidTasks() {
  return {Task<Humanoid>("humanoid_stand", "stand upright on two legs, in three dimensions",
                         kSource, &kHumanoid, 0.0, false),
          Task<Humanoid>("humanoid_walk", "walk in any direction, at 1 m/s", kSource, &kHumanoid,
                         kWalkSpeed, false),
          Task<Humanoid>("humanoid_run", "run in any direction, at 10 m/s", kSource, &kHumanoid,
                         kRunSpeed, false),
          Task<Humanoid>("humanoid_run_pure_state", "the same, observing coordinates only", kSource,
                         &kHumanoid, kRunSpeed, true),
          Task<Humanoid>("humanoid_CMU_stand", "stand upright, with 56 joints", kCmuSource,
                         &kCmuHumanoid, 0.0, false),
          Task<Humanoid>("humanoid_CMU_walk", "walk in any direction, at 1 m/s", kCmuSource,
                         &kCmuHumanoid, kWalkSpeed, false),
          Task<Humanoid>("humanoid_CMU_run", "run in any direction, at 10 m/s", kCmuSource,
                         &kCmuHumanoid, kRunSpeed, false)};
}

}  // namespace curl_rl::envs::suite
