// Ridge regression by the eigenvectors of the features' covariance.
#include "experiments/probe/ridge.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace curl_rl::probe {
namespace {

// The features' covariance taken apart, and the targets seen along its axes: what every strength's
// solution is made of.
struct Decomposition {
  torch::Tensor mean, scale;  // [F]
  torch::Tensor target_mean;  // [T]
  torch::Tensor eigenvalues;  // [F] of X'X / N
  torch::Tensor axes;         // [F, F], a column each
  torch::Tensor along;        // [F, T]: axes' X'Y / N
};

Decomposition Decompose(const torch::Tensor& features, const torch::Tensor& targets) {
  Decomposition parts;
  const auto rows = static_cast<double>(features.size(0));
  parts.mean = features.mean(0);
  const auto deviation = features.sub(parts.mean).square().mean(0).sqrt();
  // What is constant but for rounding carries nothing.
  const auto constant = deviation <= 1e-12 * parts.mean.abs().clamp_min(1.0);
  parts.scale = torch::where(constant, torch::ones_like(deviation), deviation);
  const auto x = features.sub(parts.mean).div(parts.scale);
  parts.target_mean = targets.mean(0);
  const auto [values, vectors] = torch::linalg_eigh(x.t().matmul(x) / rows, "L");
  parts.eigenvalues = values.clamp_min(0.0);
  parts.axes = vectors;
  parts.along = vectors.t().matmul(x.t().matmul(targets.sub(parts.target_mean))) / rows;
  return parts;
}

// The weights [F, T] of one strength a target, [T].
torch::Tensor Weights(const Decomposition& parts, const torch::Tensor& strengths) {
  return parts.axes.matmul(parts.along / (parts.eigenvalues.unsqueeze(1) + strengths));
}

torch::Tensor Tensor64(const torch::Tensor& values) { return values.to(torch::kFloat64); }

}  // namespace

torch::Tensor RidgeFit::Predict(const torch::Tensor& features) const {
  return Tensor64(features).sub(mean).div(scale).matmul(weights).add(intercept);
}

RidgeFit FitRidge(const torch::Tensor& features, const torch::Tensor& targets,
                  const std::vector<double>& strengths) {
  TORCH_CHECK(targets.size(1) == static_cast<std::int64_t>(strengths.size()),
              "ridge: ", strengths.size(), " strengths for ", targets.size(1), " targets");
  const auto parts = Decompose(Tensor64(features), Tensor64(targets));
  return {parts.mean, parts.scale, Weights(parts, torch::tensor(strengths, torch::kFloat64)),
          parts.target_mean};
}

std::vector<double> StrengthGrid() {
  std::vector<double> grid;
  for (int i = -12; i <= 6; ++i) grid.push_back(std::pow(10.0, i / 2.0));
  return grid;
}

std::vector<double> ChooseStrengths(const torch::Tensor& features, const torch::Tensor& targets,
                                    const torch::Tensor& folds, const std::vector<double>& grid) {
  const auto x = Tensor64(features), y = Tensor64(targets);
  const auto count = static_cast<std::int64_t>(grid.size());
  auto errors = torch::zeros({count, y.size(1)}, torch::kFloat64);
  const auto last = folds.max().item<std::int64_t>();
  for (std::int64_t fold = 0; fold <= last; ++fold) {
    const auto held_out = torch::nonzero(folds == fold).squeeze(1);
    const auto others = torch::nonzero(folds != fold).squeeze(1);
    const auto parts = Decompose(x.index_select(0, others), y.index_select(0, others));
    const auto test = x.index_select(0, held_out).sub(parts.mean).div(parts.scale);
    const auto truth = y.index_select(0, held_out).sub(parts.target_mean);
    for (std::int64_t i = 0; i < count; ++i) {
      const auto strength =
          torch::full({y.size(1)}, grid[static_cast<std::size_t>(i)], torch::kFloat64);
      errors[i] += truth.sub(test.matmul(Weights(parts, strength))).square().sum(0);
    }
  }
  std::vector<double> chosen;
  for (std::int64_t t = 0; t < y.size(1); ++t) {
    const auto column = errors.select(1, t).contiguous();
    const auto* begin = column.data_ptr<double>();
    chosen.push_back(
        grid[static_cast<std::size_t>(std::min_element(begin, begin + count) - begin)]);
  }
  return chosen;
}

torch::Tensor CoefficientsOfDetermination(const torch::Tensor& targets,
                                          const torch::Tensor& predictions) {
  const auto y = Tensor64(targets);
  const auto total = y.sub(y.mean(0)).square().sum(0);
  const auto error = y.sub(Tensor64(predictions)).square().sum(0);
  const auto scale = y.square().sum(0);
  const auto none = torch::full_like(total, std::numeric_limits<double>::quiet_NaN());
  return torch::where(total > 1e-20 * scale, 1.0 - error / total, none);
}

}  // namespace curl_rl::probe
