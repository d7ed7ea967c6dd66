// Losses on the cells of feature maps: pixel contrast (Wang et al. 2021) and aspects (SSCL: Shi et
// al. 2021).
#pragma once

#include <torch/types.h>

#include "encoders/losses/softmax.h"

namespace curl_rl::encoders {

struct PixelLoss {
  torch::Tensor loss;        // scalar: mean over the anchors that have an own row
  torch::Tensor per_anchor;  // [N]: mean over the anchor's own rows; 0 where there is none
  torch::Tensor positives;   // int64 [N]: how many those are
};

/// Cross-image pixel contrast (Wang et al. 2021, eq. 3): for each own row p, -ln e^(ip) / (e^(ip) +
/// sum over rows n of other labels of e^(in)), cosine/temperature; the other own rows are not in
/// the denominator. `anchors` [N, D] and `rows` [M, D], not normalised; labels int64 [N] and [M],
/// -1: unknown or empty, counts nowhere. `among_themselves`: the first N rows are the anchors, and
/// none is its own; behind them a memory may stand. A memory [C, R, D] of regions is rows [C R, D].
PixelLoss PixelContrast(const torch::Tensor& anchors, const torch::Tensor& anchor_labels,
                        const torch::Tensor& rows, const torch::Tensor& row_labels,
                        double temperature, bool among_themselves);

struct Attention {
  torch::Tensor weights;  // [B, R], rows sum to 1
  torch::Tensor segment;  // [B, D], the words' mean under them
};

/// SSCL's smooth self-attention (its eq. 3-5): weights = softmax(smooth tanh(<W w_i + b, mean w>)).
/// `words` [B, R, D], W `weight` [D, D], b `bias` [D]. Costs a product a row, not a word.
Attention SmoothAttention(const torch::Tensor& words, const torch::Tensor& weight,
                          const torch::Tensor& bias, double smooth);

/// SmoothAttention(cells Pᵀ + p, weight, bias, smooth) without the words, of which there are more
/// numbers than of cells: sums over cells come first, the projection after them. `cells` [B, R, F],
/// P `projection` [D, F], p `shift` [D].
Attention SmoothAttentionOfCells(const torch::Tensor& cells, const torch::Tensor& projection,
                                 const torch::Tensor& shift, const torch::Tensor& weight,
                                 const torch::Tensor& bias, double smooth);

struct AspectMixture {
  torch::Tensor soft_label;  // [B, N], rows sum to 1
  torch::Tensor segment;     // [B, D], the aspects' mean under them
};

/// A segment as a mixture of aspects (SSCL eq. 6, 7): soft_label = softmax(V s + b), segment =
/// soft_label · aspects. `segment` [B, D], V `weight` [N, D], b `bias` [N], `aspects` [N, D].
/// The loss is InfoNce(CosineLogits(mixture.segment, attention.segment, 1.0)).
AspectMixture MixAspects(const torch::Tensor& segment, const torch::Tensor& weight,
                         const torch::Tensor& bias, const torch::Tensor& aspects);

/// Frobenius norm of A Aᵀ - I with unit rows: 0 where all aspects are orthogonal. [N, D] -> scalar.
torch::Tensor AspectOverlap(const torch::Tensor& aspects);

}  // namespace curl_rl::encoders
