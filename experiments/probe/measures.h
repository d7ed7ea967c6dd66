// What can be told of features without knowing what they should hold.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace curl_rl::probe {

/// How many directions features [N, F] use: exp of the entropy of their singular values, which are
/// those of the centred features divided by their sum (Roy and Vetterli 2007, "The effective
/// rank"). From 1 (all on a line) to min(N - 1, F) (alike in all directions); 1 for features that
/// are all one point.
double EffectiveRank(const torch::Tensor& features);

/// Principal axes of the rows that they were fitted on.
struct PrincipalAxes {
  torch::Tensor mean;   // float64 [D]
  torch::Tensor axes;   // float64 [D, K], orthonormal columns, the widest first; of each the entry
                        // of largest size is positive
  torch::Tensor share;  // float64 [K] of the total variance

  /// `rows` [N, D] to float64 [N, K].
  torch::Tensor Project(const torch::Tensor& rows) const;
};

/// The `count` widest axes of `rows` [N, D], fewer if N - 1 or D is: by the eigenvectors of the
/// smaller of covariance [D, D] and Gram matrix [N, N]. Axes without any variance are left out.
PrincipalAxes FitPrincipalAxes(const torch::Tensor& rows, std::int64_t count);

/// The `count` rows of `candidates` [N, F] nearest to each of `queries` [Q, F] by Euclidean
/// distance, the nearest first, of equals the first: int64 [Q, count]. `allowed` bool [Q, N] says
/// which may be taken; every query needs `count` of them.
torch::Tensor NearestNeighbours(const torch::Tensor& queries, const torch::Tensor& candidates,
                                const torch::Tensor& allowed, std::int64_t count);

}  // namespace curl_rl::probe
