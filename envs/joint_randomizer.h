// Random joint positions, as the DeepMind Control Suite draws them.
#pragma once

#include <mujoco/mujoco.h>

#include "envs/numpy_random.h"

namespace curl_rl::envs {

/// The Euclidean norm, summed as numpy does, one after the other: MuJoCo's differs in the last
/// digit.
double Norm(const double* vector, int size);

/// A uniform rotation: four normals made a unit quaternion [4].
void RandomRotation(double* quaternion, NumpyRandom& random);

/// Writes data.qpos joint by joint, in index order: a limited hinge or slide uniform in its range,
/// an unlimited hinge uniform in [-pi, pi), a limited ball a random axis and an angle uniform up to
/// its range, an unlimited ball a uniform rotation, a free joint four uniforms in [0, 1) made a
/// unit quaternion (not a uniform rotation: so the suite does it). An unlimited slide and a free
/// joint's translation stay as they are and draw nothing.
void RandomizeJoints(const mjModel& model, mjData& data, NumpyRandom& random);

}  // namespace curl_rl::envs
