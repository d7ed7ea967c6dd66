// Heights of a bumpy bowl, by the spline that the suite uses.
#include "envs/suite/terrain.h"

#include <mujoco/mujoco.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace curl_rl::envs::suite {
namespace {

// Makes values at the knots into coefficients of B-splines, in place: a causal and an anticausal
// recursive filter with the cubic spline's one pole. `values` [count], `stride` apart.
void ToCoefficients(double* values, int count, int stride) {
  const double pole = std::sqrt(3.0) - 2.0;
  const double gain = (1.0 - pole) * (1.0 - 1.0 / pole);
  const auto at = [=](int i) -> double& { return values[i * stride]; };
  for (int i = 0; i < count; ++i) at(i) *= gain;

  // The start of the causal filter sums the infinite reflected sequence.
  const double round = std::pow(pole, count - 1);
  double power = pole;
  double first = at(0) + round * at(count - 1);
  for (int i = 1; i < count - 1; ++i) {
    first += power * (at(i) + round * at(count - 1 - i));
    power *= pole;
  }
  at(0) = first / (1.0 - round * round);
  for (int i = 1; i < count; ++i) at(i) += pole * at(i - 1);

  at(count - 1) = (pole * at(count - 2) + at(count - 1)) * pole / (pole * pole - 1.0);
  for (int i = count - 2; i >= 0; --i) at(i) = pole * (at(i + 1) - at(i));
}

// Where a point between knots lies: the four coefficients that reach it and their weights.
struct Support {
  std::array<int, 4> index;
  std::array<double, 4> weight;
};

Support SupportOf(double place, int count) {
  const int below = static_cast<int>(std::floor(place));
  const double x = place - below, y = 1.0 - x;
  Support support;
  support.weight = {y * y * y / 6.0, (x * x * (x - 2.0) * 3.0 + 4.0) / 6.0,
                    (y * y * (y - 2.0) * 3.0 + 4.0) / 6.0, 0.0};
  support.weight[3] = 1.0 - support.weight[0] - support.weight[1] - support.weight[2];
  for (int i = 0; i < 4; ++i) {
    const int index = std::abs(below - 1 + i);  // reflected at the edges
    support.index[i] = index < count ? index : 2 * (count - 1) - index;
  }
  return support;
}

}  // namespace

std::vector<double> ZoomBySpline(std::vector<double> knots, int count, int size) {
  for (int i = 0; i < count; ++i) ToCoefficients(&knots[i], count, count);
  for (int i = 0; i < count; ++i) ToCoefficients(&knots[i * count], count, 1);

  std::vector<Support> supports;
  const double step = (count - 1.0) / (size - 1.0);
  for (int i = 0; i < size; ++i) supports.push_back(SupportOf(i * step, count));
  std::vector<double> values;
  for (const Support& row : supports) {
    for (const Support& column : supports) {
      double sum = 0.0;
      for (int i = 0; i < 4; ++i) {
        for (int k = 0; k < 4; ++k) {
          sum += knots[row.index[i] * count + column.index[k]] * row.weight[i] * column.weight[k];
        }
      }
      values.push_back(sum);
    }
  }
  return values;
}

std::vector<double> MakeTerrain(int size, int bumps, double smoothness, NumpyRandom& random) {
  std::vector<double> knots(bumps * bumps);
  for (double& knot : knots) knot = random.Uniform(smoothness, 1.0);
  std::vector<double> heights = ZoomBySpline(std::move(knots), bumps, size);
  const double step = 2.0 / (size - 1);
  for (int row = 0; row < size; ++row) {
    for (int column = 0; column < size; ++column) {
      const double x = column * step - 1.0, y = row * step - 1.0;
      const double radius = std::clamp(std::sqrt(x * x + y * y), 0.04, 1.0);
      const double bowl = 0.5 - std::cos(2 * mjPI * radius) / 2;
      heights[row * size + column] *= bowl;
    }
  }
  return heights;
}

}  // namespace curl_rl::envs::suite
