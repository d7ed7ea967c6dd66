// The heights of the quadruped's terrain.
#pragma once

#include <vector>

#include "envs/numpy_random.h"

namespace curl_rl::envs::suite {

/// A bowl with smooth random bumps: heights [size x size], row by row, 0 to about 1; in the middle
/// and at the edge 0, halfway the highest. `bumps` x `bumps` uniforms in [smoothness, 1) are drawn,
/// and a cubic spline through them is the factor of the bowl.
std::vector<double> MakeTerrain(int size, int bumps, double smoothness, NumpyRandom& random);

/// Values [size x size] of the cubic B-spline surface that goes through `knots` [count x count] and
/// is continued by reflection at its edges: Unser 1999, "Splines: a perfect fit for signal and
/// image processing". The corners are the knots' corners.
std::vector<double> ZoomBySpline(std::vector<double> knots, int count, int size);

}  // namespace curl_rl::envs::suite
