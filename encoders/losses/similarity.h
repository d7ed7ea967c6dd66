// How alike two sets of rows are, and which pairs of them count: what all the losses start from.
//
// All functions of this folder are pure: tensors in, tensors out, float32 or float64, on any
// device. They read nothing back to the host, have no shape and no branch that depends on data, and
// so can be recorded in a CUDA graph. Formulas, conventions and published settings of each loss:
// docs/losses.md.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace curl_rl::encoders {

/// The logit of a pair that is left out. Finite, so that a row of nothing but such pairs gives no
/// NaN, and so low that beside any other logit its exponential is exactly 0.
constexpr double kLeftOut = -1e30;

/// Each row (last dimension) divided by its 2-norm; a row of zeros stays.
torch::Tensor Unit(const torch::Tensor& rows);

/// anchor · key of all pairs: [N, D], [M, D] -> [N, M].
torch::Tensor DotLogits(const torch::Tensor& anchor, const torch::Tensor& key);

/// The same of unit rows, divided by `temperature` > 0 (MoCo, SimCLR, CLIP).
torch::Tensor CosineLogits(const torch::Tensor& anchor, const torch::Tensor& key,
                           double temperature);

/// anchor W key^T (CPC, CURL): [N, D], W [D, E], [M, E] -> [N, M].
torch::Tensor BilinearLogits(const torch::Tensor& anchor, const torch::Tensor& w,
                             const torch::Tensor& key);

/// ||a - b||^2 of all pairs as |a|^2 + |b|^2 - 2ab, not below 0: [N, D], [M, D] -> [N, M]. In
/// float32 the error is about 1e-7 of |a|^2 + |b|^2.
torch::Tensor SquaredDistances(const torch::Tensor& a, const torch::Tensor& b);

/// sqrt(max(squared, 1e-12)): a root whose gradient at 0 is 0 instead of infinite.
torch::Tensor Root(const torch::Tensor& squared);

/// Which pairs of rows belong together and which do not; a pair may be neither.
struct Pairs {
  torch::Tensor own;    // bool [N, M]
  torch::Tensor other;  // bool [N, M]
};

/// Two views of `rows` observations: pair (i, i) is own, all others are not.
Pairs PairsOfViews(std::int64_t rows, const torch::Device& device);

/// Rows with labels (int64 [N], -1: unknown) among themselves: own with an equal label, other with
/// an unequal one. A row with itself and rows of unknown label are in neither.
Pairs PairsOfLabels(const torch::Tensor& labels);

/// Row i and key j may show the same: |ids[i] - key_ids[j]| <= window, bool [N, M]. A window of -1
/// keeps all pairs apart. `ids` int64 [N], `key_ids` int64 [M].
torch::Tensor SameObservation(const torch::Tensor& ids, const torch::Tensor& key_ids,
                              std::int64_t window);

/// The mean of `values` where `mask` (bool, same shape) is set; 0 if it is nowhere.
torch::Tensor MeanWhere(const torch::Tensor& mask, const torch::Tensor& values);

}  // namespace curl_rl::encoders
