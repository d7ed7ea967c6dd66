// Losses that are a cross-entropy over similarities: InfoNCE, N-pair, NT-Xent, supervised NT-Xent.
#pragma once

#include <torch/types.h>

#include "encoders/losses/loss_options.h"
#include "encoders/losses/similarity.h"

namespace curl_rl::encoders {

/// A softmax over columns, one of which is each row's own.
struct SoftmaxLoss {
  torch::Tensor loss;      // scalar, mean over (valid) rows
  torch::Tensor per_row;   // [B]
  torch::Tensor logits;    // [B, C], as they were given
  torch::Tensor accuracy;  // scalar, no gradient: share of (valid) rows whose own logit is highest
};

/// -ln softmax(logits)[label] (ties of the accuracy go to the lowest column). `logits` [B, C],
/// `labels` int64 [B] in 0..C-1, `valid` bool [B] or undefined: rows left out of the means are 0.
/// Without `valid` the loss is torch::cross_entropy_loss bit for bit.
SoftmaxLoss CrossEntropy(const torch::Tensor& logits, const torch::Tensor& labels,
                         const torch::Tensor& valid = {});

/// InfoNCE (van den Oord et al. 2018, eq. 4): row i's own is column i. `logits` [B, C >= B];
/// columns behind the first B are negatives of all rows (a queue). With dot products as logits and
/// C = B it is the N-pair loss, mean_i ln(1 + sum_{j != i} exp(s_ij - s_ii)) (Sohn 2016, eq. 6).
SoftmaxLoss InfoNce(const torch::Tensor& logits, const torch::Tensor& valid = {});

/// InfoNCE in both directions, rows over columns and columns over rows, averaged (Radford et al.
/// 2021, CLIP). `logits` [B, B]. `per_row` and `accuracy` are averages too.
SoftmaxLoss SymmetricInfoNce(const torch::Tensor& logits);

/// Logits against a queue, [B, 1 + Q]: column 0 the own key's, then the queue's (He et al. 2020,
/// MoCo). `anchor`, `positive` [B, D], `queue` [Q, D]. `left_out` bool, broadcastable to [B, Q], or
/// undefined: queue rows that are no negatives. Dot products: give unit rows for MoCo's cosine, and
/// divide by the temperature.
torch::Tensor QueueLogits(const torch::Tensor& anchor, const torch::Tensor& positive,
                          const torch::Tensor& queue, const torch::Tensor& left_out = {});

/// `logits` with kLeftOut where `left_out` (bool, broadcastable to them) is set.
torch::Tensor Without(const torch::Tensor& logits, const torch::Tensor& left_out);

/// mean |x|^2 over all rows of both: N-pair's regulariser (Sohn 2016), without its weight.
torch::Tensor MeanSquaredNorm(const torch::Tensor& a, const torch::Tensor& b);

/// NT-Xent (Chen et al. 2020, SimCLR eq. 1): cosine/temperature among all 2B rows, each row's own
/// is its other view, itself is left out. `z0`, `z1` [B >= 2, D], not normalised. Rows of `per_row`
/// and `logits` are z0's, then z1's. Mean over 2B rows: SimCLR's code has twice that.
SoftmaxLoss NtXent(const torch::Tensor& z0, const torch::Tensor& z1, double temperature);

struct SupervisedLoss {
  torch::Tensor loss;       // scalar, mean over rows that have an own one (else: over all)
  torch::Tensor per_row;    // [N], 0 where a row has no own one
  torch::Tensor positives;  // int64 [N]: how many rows are its own
};

/// Supervised NT-Xent (Khosla et al. 2020, eq. 2 and 3): -1/|P| sum_{p in P} ln [exp s_ip /
/// sum_{a != i} exp s_ia] with s = cosine/temperature, P the other rows of i's label.
/// `embeddings` [N, D], not normalised; `labels` int64 [N], -1: unknown, the row counts nowhere.
/// `mean_over_all`: divide by all N rows, as the authors' code does, not by those that have an own
/// one.
SupervisedLoss SupervisedNtXent(const torch::Tensor& embeddings, const torch::Tensor& labels,
                                double temperature, SupervisedForm form = SupervisedForm::kOut,
                                bool mean_over_all = false);

}  // namespace curl_rl::encoders
