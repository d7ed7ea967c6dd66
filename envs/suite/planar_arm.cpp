// The planar arm that manipulator and stacker share.
#include "envs/suite/planar_arm.h"

#include <cmath>
#include <utility>

namespace curl_rl::envs::suite {
namespace {

// In the order in which they are drawn and observed, which is not the model's.
constexpr std::array<const char*, 8> kJoints = {"root",   "shoulder",  "elbow", "wrist",
                                                "finger", "fingertip", "thumb", "thumbtip"};
constexpr int kTouchSensors = 5;  // the model's only sensors

std::vector<StateEntry> Join(std::vector<StateEntry> first, const std::vector<StateEntry>& rest) {
  first.insert(first.end(), rest.begin(), rest.end());
  return first;
}

}  // namespace

PlanarArm::PlanarArm(ModelPtr model, const std::string& name,
                     const std::vector<StateEntry>& entries, const EnvironmentOptions& options)
    : MujocoEnvironment(
          std::move(model),
          {name, 0.01, 10.0,
           Join({{"arm_pos", 16}, {"arm_vel", 8}, {"touch", kTouchSensors}, {"hand_pos", 4}},
                entries)},
          options) {
  for (std::size_t i = 0; i < joints_.size(); ++i) joints_[i] = Joint(kJoints[i]);
}

void PlanarArm::RandomizeArm(NumpyRandom& random) {
  for (int joint : joints_) {
    const double* range = model().jnt_range + 2 * joint;
    const bool limited = model().jnt_limited[joint] != 0;
    Position(joint) = limited ? random.Uniform(range[0], range[1]) : random.Uniform(-mjPI, mjPI);
  }
  Position(Joint("finger")) = Position(Joint("thumb"));
}

void PlanarArm::State(std::vector<double>* state) const {
  for (int joint : joints_) {
    const double angle = data().qpos[model().jnt_qposadr[joint]];
    state->insert(state->end(), {std::sin(angle), std::cos(angle)});
  }
  for (int joint : joints_) state->push_back(Velocity(joint));
  for (int i = 0; i < kTouchSensors; ++i) state->push_back(std::log1p(data().sensordata[i]));
  AppendPose(hand_, state);
}

void PlanarArm::AppendPose(int body, std::vector<double>* state) const {
  const double* place = data().xpos + 3 * body;
  const double* quaternion = data().xquat + 4 * body;
  state->insert(state->end(), {place[0], place[2], quaternion[0], quaternion[2]});
}

double PlanarArm::Distance(int site1, int site2) const {
  return mju_dist3(data().site_xpos + 3 * site1, data().site_xpos + 3 * site2);
}

}  // namespace curl_rl::envs::suite
