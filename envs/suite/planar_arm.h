// The planar arm with a hand (arm.xml), which the manipulator and the stacker share.
#pragma once

#include <array>
#include <vector>

#include "envs/mujoco_environment.h"

namespace curl_rl::envs::suite {

class PlanarArm : public MujocoEnvironment {
 protected:
  /// The state vector starts with the arm's entries; `entries` are the others.
  PlanarArm(ModelPtr model, const std::string& name, const std::vector<StateEntry>& entries,
            const EnvironmentOptions& options);

  /// Draws the arm's joints, each in its range; the finger as far open as the thumb.
  void RandomizeArm(NumpyRandom& random);

  /// Appends the arm's entries.
  void State(std::vector<double>* state) const override;

  /// Appends x, z and the quaternion's w and y of a body.
  void AppendPose(int body, std::vector<double>* state) const;

  /// Metres between two sites.
  double Distance(int site1, int site2) const;

  int Body(const std::string& name) const { return ElementId(model(), mjOBJ_BODY, name); }
  int Site(const std::string& name) const { return ElementId(model(), mjOBJ_SITE, name); }
  int Joint(const std::string& name) const { return ElementId(model(), mjOBJ_JOINT, name); }
  double& Position(int joint) { return mutable_data().qpos[model().jnt_qposadr[joint]]; }
  double& Velocity(int joint) { return mutable_data().qvel[model().jnt_dofadr[joint]]; }
  double Velocity(int joint) const { return data().qvel[model().jnt_dofadr[joint]]; }

  const int hand_ = Body("hand");
  const int grasp_ = Site("grasp");

 private:
  std::array<int, 8> joints_;
};

}  // namespace curl_rl::envs::suite
