// The finger tasks: spin a free body fast, or turn its tip to a target.
// Figures and formulas: dm_control/suite/finger.py.
#include <cmath>
#include <memory>
#include <stdexcept>

#include "envs/joint_randomizer.h"
#include "envs/model_path.h"
#include "envs/mujoco_environment.h"
#include "envs/suite/suite.h"

namespace curl_rl::envs::suite {
namespace {

constexpr double kSpinVelocity = 15.0;  // rad/s
constexpr double kSpinDamping = 0.03;   // of the body's hinge in the spin task
constexpr int kMaxAttempts = 1000;      // draws for a start without contact

// Position, velocity and touch of both tasks.
class Finger : public MujocoEnvironment {
 protected:
  Finger(const std::string& name, std::vector<StateEntry> state, const EnvironmentOptions& options)
      : MujocoEnvironment(LoadModel(ModelPath("suite/finger.xml")),
                          {name, 0.02, 20.0, std::move(state)}, options),
        hinge_(ElementId(model(), mjOBJ_JOINT, "hinge")),
        tip_site_(ElementId(model(), mjOBJ_SITE, "tip")),
        target_site_(ElementId(model(), mjOBJ_SITE, "target")) {}

  void DrawFreePosition(NumpyRandom& random) {
    for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
      RandomizeJoints(model(), mutable_data(), random);
      ForwardWithoutActuation();
      if (data().ncon == 0) return;
    }
    throw std::runtime_error(task().name + ": no start without contact in " +
                             std::to_string(kMaxAttempts) + " draws");
  }

  void State(std::vector<double>* state) const override {
    const Vector2 tip = FromSpinner(tip_);
    state->insert(state->end(),
                  {Sensor(proximal_), Sensor(distal_), tip.x, tip.z, Sensor(proximal_velocity_),
                   Sensor(distal_velocity_), Sensor(hinge_velocity_),
                   std::log1p(Sensor(touch_top_)), std::log1p(Sensor(touch_bottom_))});
  }

  struct Vector2 {
    double x, z;
  };
  // A position sensor relative to the spinning body.
  Vector2 FromSpinner(int address) const {
    return {Sensor(address) - Sensor(spinner_), Sensor(address + 2) - Sensor(spinner_ + 2)};
  }
  double Sensor(int address) const { return data().sensordata[address]; }
  int Address(const char* name) const { return SensorAddress(model(), name); }

  const int hinge_;
  const int tip_site_;
  const int target_site_;
  const int proximal_ = Address("proximal");
  const int distal_ = Address("distal");
  const int proximal_velocity_ = Address("proximal_velocity");
  const int distal_velocity_ = Address("distal_velocity");
  const int hinge_velocity_ = Address("hinge_velocity");
  const int tip_ = Address("tip");
  const int target_ = Address("target");
  const int spinner_ = Address("spinner");
  const int touch_top_ = Address("touch_top");
  const int touch_bottom_ = Address("touch_bottom");
};

class Spin final : public Finger {
 public:
  explicit Spin(const EnvironmentOptions& options)
      : Finger("finger_spin", {{"position", 4}, {"velocity", 3}, {"touch", 2}}, options) {}

 private:
  // The marks of the turn task are made invisible, the body's hinge loose.
  void InitializeEpisode(NumpyRandom& random) override {
    mutable_model().site_rgba[4 * target_site_ + 3] = 0.0F;
    mutable_model().site_rgba[4 * tip_site_ + 3] = 0.0F;
    mutable_model().dof_damping[model().jnt_dofadr[hinge_]] = kSpinDamping;
    DrawFreePosition(random);
  }

  double Reward() const override { return Sensor(hinge_velocity_) <= -kSpinVelocity ? 1.0 : 0.0; }
};

class Turn final : public Finger {
 public:
  Turn(const std::string& name, double target_radius, const EnvironmentOptions& options)
      : Finger(name,
               {{"position", 4},
                {"velocity", 3},
                {"touch", 2},
                {"target_position", 2},
                {"dist_to_target", 1}},
               options),
        target_radius_(target_radius),
        cap_(ElementId(model(), mjOBJ_GEOM, "cap_right")) {}

 private:
  // The target first, on the circle that the outermost point of the body runs on.
  void InitializeEpisode(NumpyRandom& random) override {
    const double angle = random.Uniform(-mjPI, mjPI);
    const double* anchor = data().xanchor + 3 * hinge_;
    const double* cap = model().geom_size + 3 * cap_;
    const double radius = cap[0] + cap[1] + cap[2];
    mutable_model().site_pos[3 * target_site_] = anchor[0] + radius * std::sin(angle);
    mutable_model().site_pos[3 * target_site_ + 2] = anchor[2] + radius * std::cos(angle);
    mutable_model().site_size[3 * target_site_] = target_radius_;
    DrawFreePosition(random);
  }

  double Reward() const override { return DistanceToTarget() <= 0.0 ? 1.0 : 0.0; }

  void State(std::vector<double>* state) const override {
    Finger::State(state);
    const Vector2 target = FromSpinner(target_);
    state->insert(state->end(), {target.x, target.z, DistanceToTarget()});
  }

  // Of the tip to the target's surface, in metres; negative inside.
  double DistanceToTarget() const {
    const Vector2 target = FromSpinner(target_);
    const Vector2 tip = FromSpinner(tip_);
    const double x = target.x - tip.x;
    const double z = target.z - tip.z;
    return std::sqrt(x * x + z * z) - model().site_size[3 * target_site_];
  }

  double target_radius_;
  int cap_;
};

constexpr char kSource[] = "dm_control/suite/finger.py";

}  // namespace

std::vector<EnvironmentInfo> FingerTasks() {
  return {{"finger_spin", "spin a free body fast by hitting it", kSource,
           [](const EnvironmentOptions& options) { return std::make_unique<Spin>(options); }},
          Task<Turn>("finger_turn_easy", "turn a body's tip to a large target", kSource, 0.07),
          Task<Turn>("finger_turn_hard", "turn a body's tip to a small target", kSource, 0.03)};
}

}  // namespace curl_rl::envs::suite
