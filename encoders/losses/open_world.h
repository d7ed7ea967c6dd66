// Losses and statistics of open-world recognition (ORE: Joseph et al. 2021).
#pragma once

#include <torch/types.h>

namespace curl_rl::encoders {

struct HingeLoss {
  torch::Tensor loss;      // scalar: sum over classes, mean over rows of known label (the paper)
  torch::Tensor mean;      // scalar: mean over classes too
  torch::Tensor per_pair;  // [B, C]: D of a row's own class, relu(margin - D) of the others
};

/// ORE's contrastive clustering (its eq. 1). `features` [B, D], `prototypes` [C, D] without
/// gradient, class 0 the unknown one; `labels` int64 [B], -1: the row counts nowhere; D Euclidean.
/// `known` bool [C] or undefined: prototypes that are not yet one add nothing.
HingeLoss PrototypeHinge(const torch::Tensor& features, const torch::Tensor& prototypes,
                         const torch::Tensor& labels, double margin,
                         const torch::Tensor& known = {});

/// Helmholtz free energy of class logits, -T ln sum exp(g/T): [B, C] -> [B] (Liu et al. 2020; ORE
/// eq. 4). Low where some class is sure.
torch::Tensor Energy(const torch::Tensor& logits, double temperature);

/// momentum · before + (1 - momentum) · mean: how ORE's prototypes follow their stores.
torch::Tensor MovedPrototypes(const torch::Tensor& before, const torch::Tensor& mean,
                              double momentum);

/// A Weibull distribution of x - location > 0.
struct Weibull {
  torch::Tensor shape;     // scalar
  torch::Tensor location;  // scalar
  torch::Tensor scale;     // scalar
};

/// ln density at `x` [N]; -infinity at and below the location.
torch::Tensor LogDensity(const Weibull& weibull, const torch::Tensor& x);

/// The most likely one of a given location: the root of the score equation by Newton's method, a
/// fixed number of steps (its derivative never vanishes). `samples` [N], all above the location;
/// `valid` bool [N] or undefined: which of them count (at least two different ones). No gradient.
Weibull FitWeibull(const torch::Tensor& samples, const torch::Tensor& location,
                   const torch::Tensor& valid = {});

}  // namespace curl_rl::encoders
