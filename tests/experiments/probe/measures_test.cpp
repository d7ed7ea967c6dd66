// Effective rank, principal axes and neighbours against values that are known.
#include "experiments/probe/measures.h"

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

TEST(EffectiveRank, CountsDirections) {
  // Singular values in the ratio 3 : 1; the centre does not count.
  const double expected = std::exp(-(0.75 * std::log(0.75) + 0.25 * std::log(0.25)));
  EXPECT_NEAR(EffectiveRank(Matrix({3, 0, -3, 0, 0, 1, 0, -1}, 2) + 10.0), expected, 1e-12);
  EXPECT_NEAR(EffectiveRank(Matrix({1, 0, -1, 0, 0, 1, 0, -1}, 2)), 2.0, 1e-12);
  EXPECT_NEAR(EffectiveRank(Matrix({1, 2, 2, 4, 3, 6}, 2)), 1.0, 1e-6);      // all on a line
  EXPECT_EQ(EffectiveRank(torch::full({5, 3}, 0.1, torch::kFloat64)), 1.0);  // one point
}

TEST(EffectiveRank, DoesNotChangeWithScaleOrRotation) {
  const auto x = Normal(40, 6, 1);
  const auto rotation = std::get<0>(torch::linalg_qr(Normal(6, 6, 2), "reduced"));
  const double rank = EffectiveRank(x);
  EXPECT_NEAR(EffectiveRank(3.0 * x), rank, 1e-9);
  EXPECT_NEAR(EffectiveRank(x.matmul(rotation)), rank, 1e-9);
  EXPECT_GT(rank, 5.5);  // six directions alike but for chance
  EXPECT_LT(rank, 6.0);
}

TEST(PrincipalAxes, FindsTheWidestDirection) {
  // Along (0.6, 0.8) from -2 to 2 and across from -1 to 1: variances 4 and 1.
  const auto x = Matrix({1.2, 1.6, -1.2, -1.6, -0.8, 0.6, 0.8, -0.6}, 2) + 5.0;
  const auto fitted = FitPrincipalAxes(x, 2);
  EXPECT_NEAR(fitted.axes[0][0].item<double>(), 0.6, 1e-12);
  EXPECT_NEAR(fitted.axes[1][0].item<double>(), 0.8, 1e-12);
  EXPECT_NEAR(fitted.share[0].item<double>(), 0.8, 1e-12);
  EXPECT_NEAR(fitted.share[1].item<double>(), 0.2, 1e-12);
  EXPECT_NEAR(fitted.Project(x)[0][0].item<double>(), 2.0, 1e-12);
  EXPECT_NEAR(fitted.Project(x)[0][1].item<double>(), 0.0, 1e-12);
}

// Tall by the covariance, wide by the Gram matrix, both against the singular values.
TEST(PrincipalAxes, AreTheSingularVectorsEitherWay) {
  for (const auto& [rows, columns] : {std::pair{30, 7}, std::pair{7, 30}}) {
    const auto x = Normal(rows, columns, 3);
    const auto fitted = FitPrincipalAxes(x, 4);
    const auto svd = torch::linalg_svd(x.sub(x.mean(0)), /*full_matrices=*/false);
    const auto variances = std::get<1>(svd).square();
    EXPECT_TRUE(torch::allclose(fitted.share, (variances / variances.sum()).narrow(0, 0, 4), 1e-9));
    const auto cosines = std::get<2>(svd).narrow(0, 0, 4).mul(fitted.axes.t()).sum(1).abs();
    EXPECT_TRUE(torch::allclose(cosines, torch::ones({4}, torch::kFloat64), 1e-9));
    EXPECT_TRUE(torch::allclose(fitted.axes.t().matmul(fitted.axes), torch::eye(4, torch::kFloat64),
                                1e-9, 1e-9));
  }
}

TEST(PrincipalAxes, LeavesOutWhatHasNoVariance) {
  const auto line = Matrix({0, 0, 1, 2, 2, 4, 3, 6}, 2);
  EXPECT_EQ(FitPrincipalAxes(line, 2).share.size(0), 1);
  const auto point = FitPrincipalAxes(torch::ones({4, 3}, torch::kFloat64), 2);
  EXPECT_EQ(point.share.size(0), 0);
  EXPECT_EQ(point.Project(torch::ones({2, 3})).size(1), 0);
}

TEST(NearestNeighbours, AreTheNearestThatAreAllowed) {
  const auto candidates = Matrix({0, 1, 2, 3, 4}, 1);
  const auto queries = Matrix({1.9, 1.0}, 1);
  auto allowed = torch::ones({2, 5}, torch::kBool);
  allowed[0][2] = false;
  const auto nearest = NearestNeighbours(queries, candidates, allowed, 3);
  EXPECT_TRUE(torch::equal(nearest[0], torch::tensor({1, 3, 0}, torch::kInt64)));
  // 0 and 2 are as far: the first comes first.
  EXPECT_TRUE(torch::equal(nearest[1], torch::tensor({1, 0, 2}, torch::kInt64)));
  EXPECT_THROW(NearestNeighbours(queries, candidates, allowed, 5), c10::Error);
}

}  // namespace
}  // namespace curl_rl::probe
