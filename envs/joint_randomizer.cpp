// Draws each joint by its type and limits, in the order and by the formulas of dm_control.
#include "envs/joint_randomizer.h"

#include <cmath>

namespace curl_rl::envs {
namespace {

// Division by the norm, not MuJoCo's product with its reciprocal: the last digit is numpy's.
void Normalize(double* vector, int size) {
  const double norm = Norm(vector, size);
  for (int i = 0; i < size; ++i) vector[i] /= norm;
}

void RandomizeBall(bool limited, double largest_angle, double* quaternion, NumpyRandom& random) {
  if (!limited) {
    RandomRotation(quaternion, random);
    return;
  }
  double axis[3];
  for (double& component : axis) component = random.Normal();
  Normalize(axis, 3);
  mju_axisAngle2Quat(quaternion, axis, random.Uniform() * largest_angle);
}

}  // namespace

double Norm(const double* vector, int size) {
  double sum = 0.0;
  for (int i = 0; i < size; ++i) sum += vector[i] * vector[i];
  return std::sqrt(sum);
}

void RandomRotation(double* quaternion, NumpyRandom& random) {
  for (int i = 0; i < 4; ++i) quaternion[i] = random.Normal();
  Normalize(quaternion, 4);
}

void RandomizeJoints(const mjModel& model, mjData& data, NumpyRandom& random) {
  for (int joint = 0; joint < model.njnt; ++joint) {
    double* qpos = data.qpos + model.jnt_qposadr[joint];
    const double* range = model.jnt_range + 2 * joint;
    const bool limited = model.jnt_limited[joint] != 0;
    switch (model.jnt_type[joint]) {
      case mjJNT_HINGE:
      case mjJNT_SLIDE:
        if (limited) {
          *qpos = random.Uniform(range[0], range[1]);
        } else if (model.jnt_type[joint] == mjJNT_HINGE) {
          *qpos = random.Uniform(-mjPI, mjPI);
        }
        break;
      case mjJNT_BALL:
        RandomizeBall(limited, range[1], qpos, random);
        break;
      case mjJNT_FREE:
        for (int i = 3; i < 7; ++i) qpos[i] = random.Uniform();
        Normalize(qpos + 3, 4);
        break;
    }
  }
}

}  // namespace curl_rl::envs
