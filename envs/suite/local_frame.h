// A vector of the world seen from a body: the states of fish, humanoid, quadruped and swimmer hold
// such vectors.
#pragma once

namespace curl_rl::envs::suite {

/// Writes local [3], the coordinates of `world` [3] in the frame whose axes are the columns of
/// `axes` [3, 3], row by row as in mjData::xmat. MuJoCo's own function has another name in 2 and in
/// 3; the terms are added in its order. `local` is not `world`.
inline void ToLocal(double* local, const double* world, const double* axes) {
  for (int i = 0; i < 3; ++i) {
    local[i] = axes[i] * world[0] + axes[3 + i] * world[1] + axes[6 + i] * world[2];
  }
}

}  // namespace curl_rl::envs::suite
