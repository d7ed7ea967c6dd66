// Ridge regression with its strength chosen by cross-validation over episodes, and R².
#pragma once

#include <torch/types.h>

#include <vector>

namespace curl_rl::probe {

/// A fitted regression. Of features x (each standardised by `mean` and `scale` of the rows it was
/// fitted on; a constant one has scale 1) it predicts x W + intercept.
struct RidgeFit {
  torch::Tensor mean;       // float64 [F]
  torch::Tensor scale;      // float64 [F]
  torch::Tensor weights;    // float64 [F, T]
  torch::Tensor intercept;  // float64 [T]

  /// `features` [N, F] to float64 [N, T].
  torch::Tensor Predict(const torch::Tensor& features) const;
};

/// For each target t the minimum over w of |y_t - mean(y_t) - X w|^2 / N + strengths[t] |w|^2, X
/// the standardised features. By the eigenvectors of X'X / N, so that one decomposition serves all
/// strengths. `features` [N, F], `targets` [N, T], both finite; strengths > 0.
RidgeFit FitRidge(const torch::Tensor& features, const torch::Tensor& targets,
                  const std::vector<double>& strengths);

/// The strengths that are tried: 10^-6, 10^-5.5, ..., 10^3.
std::vector<double> StrengthGrid();

/// For each target the strength of `grid` with the least squared error in cross-validation: rows of
/// one fold (int64 [N], fold numbers 0, 1, ...) are predicted by a fit on all others, mean and
/// scale included. The weaker of equal ones.
std::vector<double> ChooseStrengths(const torch::Tensor& features, const torch::Tensor& targets,
                                    const torch::Tensor& folds, const std::vector<double>& grid);

/// R² of each target, 1 - sum of squared errors / sum of squared distances from the mean of these
/// very targets: float64 [T]; 0 is what the mean tells, negative is worse. NaN where a target is
/// constant.
torch::Tensor CoefficientsOfDetermination(const torch::Tensor& targets,
                                          const torch::Tensor& predictions);

}  // namespace curl_rl::probe
