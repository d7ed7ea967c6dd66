// Metrics of anchors and their keys that mean the same for every objective by contrast.
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

#include "encoders/side_stream.h"
#include "replay/named_tensors.h"

namespace curl_rl::encoders {

/// Adds, all scalars without gradient, of the features `anchor` and `key` [B > 1, D], row i with
/// row i, both divided by their norms:
///   contrastive_accuracy  share of anchors whose own key has the highest cosine; chance 1/B
///   alignment             mean squared distance of anchor and own key; 0 is perfect
///   uniformity            ln mean exp(-2 squared distance) over pairs of different keys; 0: all
///                         keys are one point (Wang and Isola 2020)
///   participation_ratio   (sum of variances)^2 / sum of squares, over the keys' principal axes:
///                         how many directions are used; 1 is collapse. From traces: the
///                         effective rank (Roy and Vetterli 2007), which is never smaller, needs
///                         eigenvalues, whose solver asks the host
void AddPairMetrics(const torch::Tensor& anchor, const torch::Tensor& key,
                    replay::NamedTensors& metrics);

/// The same beside the rest of a step, which waits for none of it: complete after beside.Join().
void AddPairMetrics(SideStream& beside, const torch::Tensor& anchor, const torch::Tensor& key,
                    replay::NamedTensors& metrics);

/// contrastive_loss and those.
std::vector<std::string> PairMetricNames();

}  // namespace curl_rl::encoders
