// The manipulator tasks: bring a ball or a peg to a place, or into a cup or a slot.
// Figures and formulas: dm_control/suite/manipulator.py.
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include "envs/model_path.h"
#include "envs/suite/model_text.h"
#include "envs/suite/planar_arm.h"
#include "envs/suite/suite.h"
#include "envs/tolerance.h"

namespace curl_rl::envs::suite {
namespace {

constexpr double kInHand = 0.1;    // probability that the object starts in the hand
constexpr double kInTarget = 0.1;  // and that it starts where it shall be
constexpr double kClose = 0.01;    // metres

ModelPtr LoadManipulator(bool peg, bool insert) {
  ModelText text(ModelPath("suite/manipulator.xml"));
  text.Remove("body", peg ? "ball" : "peg");
  text.Remove("body", peg ? "target_ball" : "target_peg");
  if (peg || !insert) text.Remove("body", "cup");
  if (!peg || !insert) text.Remove("body", "slot");
  return text.Load();
}

class Manipulator final : public PlanarArm {
 public:
  Manipulator(const std::string& name, bool peg, bool insert, const EnvironmentOptions& options)
      : PlanarArm(LoadManipulator(peg, insert), name,
                  {{"object_pos", 4}, {"object_vel", 3}, {"target_pos", 4}}, options),
        peg_(peg),
        object_(peg ? "peg" : "ball"),
        object_body_(Body(object_)),
        target_body_(Body("target_" + object_)),
        receptacle_(insert ? Body(peg ? "slot" : "cup") : -1),
        joints_{Joint(object_ + "_x"), Joint(object_ + "_z"), Joint(object_ + "_y")} {}

 private:
  void InitializeEpisode(NumpyRandom& random) override {
    do {
      RandomizeArm(random);
      const double x = random.Uniform(-0.4, 0.4);
      const double z = random.Uniform(0.1, 0.4);
      const double tilt = receptacle_ >= 0 ? mjPI / 3 : mjPI;
      const double angle = random.Uniform(-tilt, tilt);
      if (receptacle_ >= 0) Place(receptacle_, x, z, angle);
      Place(target_body_, x, z, angle);

      const double start = random.Uniform();
      if (start < kInHand) {
        ForwardWithoutActuation();
        const double* hand = data().site_xpos + 3 * grasp_;
        const double* axes = data().site_xmat + 9 * grasp_;
        PutObject(hand[0], hand[2], mjPI - std::atan2(axes[6], axes[0]));
      } else if (start < kInHand + kInTarget) {
        PutObject(x, z, angle);
      } else {
        const double object_x = random.Uniform(-0.5, 0.5);
        const double object_z = random.Uniform(0.0, 0.7);
        PutObject(object_x, object_z, random.Uniform(0.0, 2 * mjPI));
        Velocity(joints_[0]) = random.Uniform(-5.0, 5.0);
      }
      ForwardWithoutActuation();
    } while (data().ncon > 0);
  }

  // Of a body of the model that no joint moves.
  void Place(int body, double x, double z, double angle) {
    mutable_model().body_pos[3 * body] = x;
    mutable_model().body_pos[3 * body + 2] = z;
    mutable_model().body_quat[4 * body] = std::cos(angle / 2);
    mutable_model().body_quat[4 * body + 2] = std::sin(angle / 2);
  }

  void PutObject(double x, double z, double angle) {
    Position(joints_[0]) = x;
    Position(joints_[1]) = z;
    Position(joints_[2]) = angle;
  }

  double Reward() const override {
    if (!peg_) return Close("ball", "target_ball");
    const double grasping = (Close("peg_grasp", "grasp") + Close("peg_pinch", "pinch")) / 2;
    const double bringing = (Close("peg", "target_peg") + Close("target_peg_tip", "peg_tip")) / 2;
    return std::max(bringing, grasping / 3);
  }

  double Close(const char* site1, const char* site2) const {
    return Tolerance(Distance(Site(site1), Site(site2)), 0.0, kClose, {2 * kClose});
  }

  void State(std::vector<double>* state) const override {
    PlanarArm::State(state);
    AppendPose(object_body_, state);
    for (int joint : joints_) state->push_back(Velocity(joint));
    AppendPose(target_body_, state);
  }

  bool peg_;
  std::string object_;
  int object_body_;
  int target_body_;
  int receptacle_;  // a body; -1: none
  std::array<int, 3> joints_;
};

constexpr char kSource[] = "dm_control/suite/manipulator.py";

}  // namespace

std::vector<EnvironmentInfo> ManipulatorTasks() {
  return {
      Task<Manipulator>("manipulator_bring_ball", "bring a ball to a place", kSource, false, false),
      Task<Manipulator>("manipulator_bring_peg", "bring a peg to a place", kSource, true, false),
      Task<Manipulator>("manipulator_insert_ball", "put a ball into a cup", kSource, false, true),
      Task<Manipulator>("manipulator_insert_peg", "put a peg into a slot", kSource, true, true)};
}

}  // namespace curl_rl::envs::suite
