// Losses of pairs and triplets, by formula.
#include "encoders/losses/pairs.h"

#include "encoders/losses/checks.h"

namespace curl_rl::encoders {
using torch::Tensor;

namespace {

// Terms of own pairs and of others, each [N, M].
PairLoss Reduce(const Tensor& own, const Tensor& other, const Pairs& pairs,
                PairReduction reduction) {
  const auto nothing = torch::zeros_like(own);
  PairLoss result;
  result.per_pair = torch::where(pairs.own, own, torch::where(pairs.other, other, nothing));
  result.own_mean = MeanWhere(pairs.own, own);
  result.other_mean = MeanWhere(pairs.other, other);
  switch (reduction) {
    case PairReduction::kMean:
      result.loss = MeanWhere(pairs.own.logical_or(pairs.other), result.per_pair);
      break;
    case PairReduction::kBalanced:
      result.loss = result.own_mean + result.other_mean;
      break;
    case PairReduction::kRowSum:
      result.loss = result.per_pair.sum() / result.per_pair.size(0);
      break;
  }
  return result;
}

// The loss of triplets' terms; `valid` has their shape.
TripletLoss Finish(const Tensor& difference, const Tensor& valid, const TripletOptions& options) {
  const auto violation = difference + options.margin;
  const auto terms = options.soft ? -torch::log_sigmoid(-violation) : violation.relu();
  TripletLoss result;
  result.per_triplet = torch::where(valid, terms, torch::zeros_like(terms));
  const auto violated = result.per_triplet.detach().gt(0.0);
  result.violated = MeanWhere(valid, violated.to(terms.dtype()));
  result.loss = MeanWhere(options.only_violated ? violated : valid, result.per_triplet);
  return result;
}

// Distances to P candidates for the own one and to M for the other, with what of them counts.
TripletLoss Triplets(const Tensor& own_distance, const Tensor& own, const Tensor& other_distance,
                     const Tensor& other, const TripletOptions& options) {
  RequirePositive("Triplets", "margin", options.margin);
  if (options.mining == TripletMining::kAll) {
    return Finish(own_distance.unsqueeze(2) - other_distance.unsqueeze(1),
                  own.unsqueeze(2).logical_and(other.unsqueeze(1)), options);
  }
  const auto [farthest, own_index] = own_distance.masked_fill(own.logical_not(), kLeftOut).max(1);
  auto eligible = other;
  if (options.mining == TripletMining::kSemiHard) {
    eligible = other.logical_and(other_distance.gt(farthest.unsqueeze(1)));
  }
  const auto [nearest, other_index] =
      other_distance.masked_fill(eligible.logical_not(), -kLeftOut).min(1);
  auto result = Finish(farthest - nearest, own.any(1).logical_and(eligible.any(1)), options);
  result.own_index = own_index;
  result.other_index = other_index;
  return result;
}

Tensor RowDistance(const Tensor& a, const Tensor& b, TripletDistance distance) {
  if (distance == TripletDistance::kCosine) return 1.0 - (Unit(a) * Unit(b)).sum(1);
  const auto squared = (a - b).square().sum(1);
  return distance == TripletDistance::kSquared ? squared : Root(squared);
}

}  // namespace

PairLoss MaxMargin(const Tensor& squared_distances, const Pairs& pairs, double margin,
                   MaxMarginForm form, PairReduction reduction) {
  RequireShape("MaxMargin", "squared_distances", squared_distances,
               {pairs.own.size(0), pairs.own.size(1)});
  RequirePositive("MaxMargin", "margin", margin);
  if (form == MaxMarginForm::kSquared) {
    return Reduce(squared_distances, (margin - squared_distances).relu(), pairs, reduction);
  }
  const auto distance = Root(squared_distances);
  const auto short_of = (margin - distance).relu();
  if (form == MaxMarginForm::kLinear) return Reduce(distance, short_of, pairs, reduction);
  return Reduce(0.5 * squared_distances, 0.5 * short_of.square(), pairs, reduction);
}

PairLoss Logistic(const Tensor& scores, const Pairs& pairs, PairReduction reduction) {
  RequireShape("Logistic", "scores", scores, {pairs.own.size(0), pairs.own.size(1)});
  // softplus(-s) = -ln sigmoid(s): exact at both ends, where softplus itself turns linear at 20.
  return Reduce(-torch::log_sigmoid(scores), -torch::log_sigmoid(-scores), pairs, reduction);
}

TripletLoss TripletsOfViews(const Tensor& distances, const TripletOptions& options) {
  RequireShape("TripletsOfViews", "distances", distances, {-1, distances.size(0)});
  const auto pairs = PairsOfViews(distances.size(0), distances.device());
  const auto own = distances.diagonal().unsqueeze(1);
  auto result = Triplets(own, torch::ones_like(own, torch::kBool), distances, pairs.other, options);
  if (result.own_index.defined()) {
    result.own_index = torch::arange(distances.size(0), result.own_index.options());
  }
  return result;
}

TripletLoss TripletsOfLabels(const Tensor& distances, const Tensor& labels,
                             const TripletOptions& options) {
  RequireShape("TripletsOfLabels", "distances", distances, {labels.size(0), labels.size(0)});
  const auto pairs = PairsOfLabels(labels);
  return Triplets(distances, pairs.own, distances, pairs.other, options);
}

TripletLoss GivenTriplets(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                          TripletDistance distance, const TripletOptions& options, bool swap) {
  RequireShape("GivenTriplets", "anchor", anchor, {-1, -1});
  RequireShape("GivenTriplets", "positive", positive, {anchor.size(0), anchor.size(1)});
  RequireShape("GivenTriplets", "negative", negative, {anchor.size(0), anchor.size(1)});
  RequirePositive("GivenTriplets", "margin", options.margin);
  auto other = RowDistance(anchor, negative, distance);
  if (swap) other = torch::minimum(other, RowDistance(positive, negative, distance));
  const auto difference = RowDistance(anchor, positive, distance) - other;
  return Finish(difference, torch::ones_like(difference, torch::kBool), options);
}

}  // namespace curl_rl::encoders
