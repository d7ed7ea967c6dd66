// Losses of pairs and triplets: max-margin, logistic, triplet.
#pragma once

#include <torch/types.h>

#include "encoders/losses/loss_options.h"
#include "encoders/losses/similarity.h"

namespace curl_rl::encoders {

struct PairLoss {
  torch::Tensor loss;        // scalar
  torch::Tensor own_mean;    // scalar, mean term of own pairs
  torch::Tensor other_mean;  // scalar, mean term of the others
  torch::Tensor per_pair;    // [N, M], 0 where a pair is neither
};

/// Own pairs are drawn together, others pushed `margin` > 0 apart. `squared_distances` [N, M] as of
/// SquaredDistances. Gradient of an other pair beyond the margin: exactly 0.
PairLoss MaxMargin(const torch::Tensor& squared_distances, const Pairs& pairs, double margin,
                   MaxMarginForm form = MaxMarginForm::kHadsell,
                   PairReduction reduction = PairReduction::kBalanced);

/// softplus(-y s), y = 1 for own pairs, -1 for others. `scores` [N, M]. SigLIP (Zhai et al. 2023):
/// kRowSum and scores = cosine exp(log_scale) + bias with both learned, from ln 10 and -10.
PairLoss Logistic(const torch::Tensor& scores, const Pairs& pairs,
                  PairReduction reduction = PairReduction::kBalanced);

struct TripletOptions {
  double margin = 0.2;  // of the distances that are given
  TripletMining mining = TripletMining::kAll;
  bool soft = false;          // softplus instead of relu: no triplet is ever satisfied
  bool only_violated = true;  // mean over terms above 0 (else easy ones swamp them), or over all
};

struct TripletLoss {
  torch::Tensor loss;         // scalar
  torch::Tensor per_triplet;  // [N, P, M] of kAll, else [N]; 0 where there is no triplet
  torch::Tensor violated;     // scalar, no gradient: share of triplets whose term is above 0
  torch::Tensor own_index;    // int64 [N]: the own that mining took; undefined for kAll
  torch::Tensor other_index;  // int64 [N]: the other it took; undefined for kAll
};

/// relu(D_own - D_other + margin) for rows that are views of the same observations (Weinberger and
/// Saul 2009; Schroff et al. 2015): row i's own is column i. `distances` [B, B], Euclidean, squared
/// or 1 - cosine. Memory of kAll: B^2.
TripletLoss TripletsOfViews(const torch::Tensor& distances, const TripletOptions& options = {});

/// The same for rows with labels (int64 [N], -1: unknown, in no triplet) among themselves: own rows
/// share the label. `distances` [N, N]. Memory of kAll: N^3.
TripletLoss TripletsOfLabels(const torch::Tensor& distances, const torch::Tensor& labels,
                             const TripletOptions& options = {});

enum class TripletDistance { kEuclidean, kSquared, kCosine };  // the last: 1 - cosine

/// Triplets that are given, row by row: `anchor`, `positive`, `negative` [B, D]; options.mining is
/// not read. `swap`: the smaller of D(anchor, negative) and D(positive, negative) (Balntas et al.
/// 2016).
TripletLoss GivenTriplets(const torch::Tensor& anchor, const torch::Tensor& positive,
                          const torch::Tensor& negative, TripletDistance distance,
                          const TripletOptions& options, bool swap = false);

}  // namespace curl_rl::encoders
