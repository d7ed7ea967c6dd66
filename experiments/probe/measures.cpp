// Effective rank, principal axes and neighbours by LibTorch's linear algebra.
#include "experiments/probe/measures.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

namespace curl_rl::probe {
namespace {

// A variance below this share of the largest is rounding.
constexpr double kRounding = 1e-12;

torch::Tensor Centred(const torch::Tensor& rows) {
  const auto exact = rows.to(torch::kFloat64);
  return exact.sub(exact.mean(0, /*keepdim=*/true));
}

}  // namespace

double EffectiveRank(const torch::Tensor& features) {
  const auto values = torch::linalg_svdvals(Centred(features));
  const double sum = values.sum().item<double>();
  const double size = features.to(torch::kFloat64).norm().item<double>();
  if (sum <= kRounding * size) return 1.0;
  const auto share = values / sum;
  return std::exp(-torch::xlogy(share, share).sum().item<double>());
}

torch::Tensor PrincipalAxes::Project(const torch::Tensor& rows) const {
  return rows.to(torch::kFloat64).sub(mean).matmul(axes);
}

PrincipalAxes FitPrincipalAxes(const torch::Tensor& rows, std::int64_t count) {
  PrincipalAxes fitted;
  fitted.mean = rows.to(torch::kFloat64).mean(0);
  const auto x = Centred(rows);
  const bool tall = x.size(0) >= x.size(1);
  // Eigenvalues come upwards.
  auto [values, vectors] = torch::linalg_eigh(tall ? x.t().matmul(x) : x.matmul(x.t()), "L");
  values = values.flip(0).clamp_min(0.0);
  vectors = vectors.flip(1);
  const double total = values.sum().item<double>();
  const auto real = (values > kRounding * values[0]).sum().item<std::int64_t>();
  const auto kept = std::min(count, total > 0.0 ? real : 0);
  values = values.narrow(0, 0, kept);
  vectors = vectors.narrow(1, 0, kept);
  auto axes = tall ? vectors : x.t().matmul(vectors).div(values.sqrt());
  if (kept > 0) {  // an eigenvector's sign means nothing: fixed, so that maps are alike
    const auto largest = axes.gather(0, axes.abs().argmax(0, /*keepdim=*/true));
    axes = axes * largest.sign();
  }
  fitted.axes = axes.contiguous();
  fitted.share = values / std::max(total, std::numeric_limits<double>::min());
  return fitted;
}

torch::Tensor NearestNeighbours(const torch::Tensor& queries, const torch::Tensor& candidates,
                                const torch::Tensor& allowed, std::int64_t count) {
  constexpr int kExactDistances = 2;  // not by products, which lose the digits of small ones
  const auto distances =
      torch::cdist(queries.to(torch::kFloat64), candidates.to(torch::kFloat64), 2.0,
                   c10::make_optional<std::int64_t>(kExactDistances))
          .masked_fill(allowed.logical_not(), std::numeric_limits<double>::infinity());
  const auto [sorted, order] = distances.sort(/*stable=*/true, /*dim=*/1, /*descending=*/false);
  TORCH_CHECK(torch::isfinite(sorted.narrow(1, 0, count)).all().item<bool>(), "fewer than ", count,
              " neighbours are allowed");
  return order.narrow(1, 0, count).contiguous();
}

}  // namespace curl_rl::probe
