// Losses against prototypes: SwAV (Caron et al. 2020) and PCL (Li et al. 2021).
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "encoders/losses/softmax.h"

namespace curl_rl::encoders {

/// SwAV's codes: exp(scores/epsilon) with its prototypes' masses made equal, then its samples' made
/// 1, `iterations` times (Cuturi 2013). In the log domain: exp(1/0.0125) already sums past float32.
/// `scores` [B, K]; the result [B, K], rows sum to 1, no gradient. The codes of a batch beside a
/// queue are the first B rows of those of torch::cat({scores, queue_scores}). `there` bool [B] or
/// undefined: rows that have no part in it; theirs are 0.
torch::Tensor Sinkhorn(const torch::Tensor& scores, double epsilon, std::int64_t iterations,
                       const torch::Tensor& there = {});

struct CodeLoss {
  torch::Tensor loss;             // scalar
  torch::Tensor per_row;          // [B]
  torch::Tensor accuracy;         // scalar: share of rows whose highest score is the code's highest
  torch::Tensor code_entropy;     // scalar: mean entropy of the codes over ln K; 1 is collapse
  torch::Tensor prototypes_used;  // int64 scalar: prototypes that are some code's highest
};

/// -sum_k codes_k ln softmax(scores/temperature)_k, mean over rows: one direction of SwAV's swapped
/// prediction (its eq. 2). `scores` and `codes` [B, K]; `codes` must carry no gradient
/// (std::invalid_argument). The loss of both views is the mean of the two directions.
CodeLoss PredictCodes(const torch::Tensor& scores, const torch::Tensor& codes, double temperature);

struct Clusters {
  torch::Tensor centroids;   // [K, D], means of their points, not normalised
  torch::Tensor labels;      // int64 [N], the nearest centroid
  torch::Tensor counts;      // int64 [K], points of each label
  torch::Tensor iterations;  // int64 scalar: steps until no label changed, at most `iterations`
};

/// The nearest centroid (Euclidean, ties to the lowest): `points` [N, D], `centroids` [K, D] ->
/// int64 [N].
torch::Tensor NearestCentroid(const torch::Tensor& points, const torch::Tensor& centroids);

/// k-means (Lloyd 1982) from `initial` [K <= N, D]. Always takes `iterations` steps: those after
/// convergence change nothing. A cluster that runs empty takes the point farthest from its own
/// centroid (several: in that order). No gradient.
Clusters KMeans(const torch::Tensor& points, const torch::Tensor& initial,
                std::int64_t iterations = 20);

/// PCL's concentration of each cluster (its section 3.3): mean distance to the centroid over
/// ln(count + alpha); clusters of at most one point take the largest; then clipped to the 10th and
/// 90th percentile (interpolated) and scaled to the mean `temperature`. All 0: `temperature`. [K].
torch::Tensor Concentrations(const torch::Tensor& points, const Clusters& clusters,
                             double temperature, double alpha = 10.0);

/// One granularity of PCL.
struct PrototypeSet {
  torch::Tensor prototypes;      // [K, D], unit rows
  torch::Tensor concentrations;  // [K]
  torch::Tensor labels;          // int64 [B], each query's own prototype
};

/// Cross-entropy of query · prototype / concentration over all K prototypes: PCL's eq. 11 with
/// every prototype once (its code samples some, and repeats those of a batch). `query` [B, D], unit
/// rows.
SoftmaxLoss PrototypeNce(const torch::Tensor& query, const PrototypeSet& set);

struct PclLoss {
  torch::Tensor loss;              // instance + prototype term
  torch::Tensor prototype;         // scalar: mean over the granularities
  std::vector<SoftmaxLoss> terms;  // one a granularity
};

/// PCL's whole loss: `instance`, the loss of an InfoNCE, plus the mean prototype term.
PclLoss Pcl(const torch::Tensor& instance, const torch::Tensor& query,
            const std::vector<PrototypeSet>& sets);

}  // namespace curl_rl::encoders
