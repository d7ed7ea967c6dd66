// Ridge regression against closed forms, numbers worked out by hand and a plain twin.
#include "experiments/probe/ridge.h"

#include <gtest/gtest.h>

#include <cmath>

namespace curl_rl::probe {
namespace {

torch::Tensor Matrix(std::initializer_list<double> values, std::int64_t columns) {
  return torch::tensor(std::vector<double>(values), torch::kFloat64).view({-1, columns});
}

torch::Tensor Normal(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
  auto stream = at::detail::createCPUGenerator(seed);
  return torch::randn({rows, columns}, stream, torch::kFloat64);
}

double At(const torch::Tensor& matrix, std::int64_t row, std::int64_t column) {
  return matrix[row][column].item<double>();
}

// One feature of -1 and 1 is standardised already: w = 3 / (1 + strength).
TEST(Ridge, OneFeatureShrinksAsTheFormulaSays) {
  const auto x = Matrix({-1, 1}, 1), y = Matrix({-1, 5}, 1);
  for (const double strength : {1e-9, 0.5, 2.0}) {
    const auto fit = FitRidge(x, y, {strength});
    EXPECT_NEAR(At(fit.weights, 0, 0), 3.0 / (1.0 + strength), 1e-12);
    EXPECT_NEAR(At(fit.Predict(Matrix({3}, 1)), 0, 0), 2.0 + 9.0 / (1.0 + strength), 1e-12);
  }
}

// Cramer's rule on (Z'Z / N + strength) w = Z'y / N, worked out apart from this program.
TEST(Ridge, HasTheNumbersWorkedOutByHand) {
  const auto x = Matrix({0.5, 1.2, 1.5, -0.3, -0.7, 2.2, 2.4, 0.1, -1.3, -0.9}, 2);
  const auto y = Matrix({1, 2, 0.5, -1, 3, 0, -2, 4, 1.5, 1}, 2);
  const auto fit = FitRidge(x, y, {0.1, 2.0});
  const double expected[2][2] = {{-1.199101283901195, 0.23959173726329241},
                                 {0.542830554800058, -0.022240269991054745}};
  for (int f = 0; f < 2; ++f) {
    for (int t = 0; t < 2; ++t) EXPECT_NEAR(At(fit.weights, f, t), expected[f][t], 1e-12);
  }
  const auto predicted = fit.Predict(Matrix({1, 1}, 2));
  EXPECT_NEAR(At(predicted, 0, 0), 0.6072011208826227, 1e-12);
  EXPECT_NEAR(At(predicted, 0, 1), 1.2805664252629578, 1e-12);
}

TEST(Ridge, AConstantFeatureCarriesNothing) {
  auto x = Normal(20, 3, 1);
  x.select(1, 1).fill_(7.25);
  const auto y = x.select(1, 0).unsqueeze(1) * 2.0;
  const auto fit = FitRidge(x, y, {1e-6});        // the weakest that is tried
  EXPECT_NEAR(At(fit.weights, 1, 0), 0.0, 1e-8);  // rounding, 1e-16, divided by the strength
  EXPECT_TRUE(torch::allclose(fit.Predict(x), y, 1e-4, 1e-4));
}

// More features than rows, or one feature twice: the strength keeps the solution unique.
TEST(Ridge, TakesMoreFeaturesThanRows) {
  const auto x = Normal(6, 10, 2);
  const auto fit = FitRidge(x, x.narrow(1, 0, 2), {1e-6, 1e-6});
  EXPECT_TRUE(torch::isfinite(fit.weights).all().item<bool>());
  EXPECT_TRUE(torch::allclose(fit.Predict(x), x.narrow(1, 0, 2), 1e-3, 1e-3));
}

TEST(Ridge, CrossValidationIsWhatItsPlainTwinFinds) {
  const auto x = Normal(60, 8, 3);
  auto y = x.matmul(Normal(8, 3, 4));
  y.select(1, 0) += 0.5 * Normal(60, 1, 5).squeeze(1);
  y.select(1, 1) += 30.0 * Normal(60, 1, 6).squeeze(1);  // nearly noise
  const auto folds = torch::arange(60, torch::kInt64).remainder(4);
  const auto grid = StrengthGrid();
  const auto chosen = ChooseStrengths(x, y, folds, grid);
  for (std::int64_t t = 0; t < 3; ++t) {
    double best = INFINITY, strength = 0.0;
    for (const double candidate : grid) {
      double error = 0.0;
      for (std::int64_t fold = 0; fold < 4; ++fold) {
        const auto in = torch::nonzero(folds != fold).squeeze(1);
        const auto out = torch::nonzero(folds == fold).squeeze(1);
        const auto target = y.select(1, t).unsqueeze(1);
        const auto fit = FitRidge(x.index_select(0, in), target.index_select(0, in), {candidate});
        error += (target.index_select(0, out) - fit.Predict(x.index_select(0, out)))
                     .square()
                     .sum()
                     .item<double>();
      }
      if (error < best * (1.0 - 1e-12)) {
        best = error;
        strength = candidate;
      }
    }
    EXPECT_EQ(chosen[static_cast<std::size_t>(t)], strength) << t;
  }
  EXPECT_EQ(chosen[2], grid.front());  // exactly linear: as weak as can be
  EXPECT_GT(chosen[1], chosen[0]);
}

// scikit-learn's own example of r2_score.
TEST(R2, HasTheNumbersOfAnotherLibrary) {
  const auto y = Matrix({3, 1, -0.5, 1, 2, 1, 7, 1}, 2);
  const auto predicted = Matrix({2.5, 1, 0, 1, 2, 1, 8, 1}, 2);
  const auto r2 = CoefficientsOfDetermination(y, predicted);
  EXPECT_NEAR(r2[0].item<double>(), 0.9486081370449679, 1e-15);
  EXPECT_TRUE(std::isnan(r2[1].item<double>()));  // a constant target
  EXPECT_EQ(CoefficientsOfDetermination(y, y)[0].item<double>(), 1.0);
}

}  // namespace
}  // namespace curl_rl::probe
