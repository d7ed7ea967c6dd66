// Codes, clusters and losses against prototypes, by formula.
#include "encoders/losses/prototypes.h"

#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "encoders/losses/checks.h"

namespace curl_rl::encoders {
using torch::Tensor;

namespace {

// Rows of the identity: [N, K], 1 where labels are. (torch::one_hot asks the labels on the host.)
Tensor Membership(const Tensor& labels, std::int64_t classes, const Tensor& like) {
  const auto all = torch::arange(classes, labels.options());
  return labels.unsqueeze(1).eq(all.unsqueeze(0)).to(like.dtype());
}

// `labels` after each empty cluster has taken one of the points farthest from their centroids.
Tensor WithoutEmptyClusters(const Tensor& points, const Tensor& centroids, const Tensor& labels) {
  const auto clusters = centroids.size(0);
  const auto empty = Membership(labels, clusters, points).sum(0).eq(0);
  const auto distance = (points - centroids.index_select(0, labels)).square().sum(1);
  const auto farthest = std::get<1>(distance.topk(clusters));
  const auto candidate =
      farthest.index_select(0, (empty.cumsum(0) - 1).clamp_min(0));  // the n-th empty: the n-th
  // Clusters that are not empty write to one slot more, which is cut off.
  const auto slot = torch::full_like(candidate, points.size(0));
  const auto place = torch::where(empty, candidate, slot);
  const auto wide = torch::cat({labels, labels.narrow(0, 0, 1)});
  return wide.scatter(0, place, torch::arange(clusters, labels.options()))
      .narrow(0, 0, points.size(0));
}

// The q-th quantile of `sorted`, between two entries as far as it lies.
Tensor Quantile(const Tensor& sorted, double q) {
  const double place = q * static_cast<double>(sorted.size(0) - 1);
  const auto below = static_cast<std::int64_t>(std::floor(place));
  const auto above = std::min(below + 1, sorted.size(0) - 1);
  const auto low = sorted.select(0, below);
  return low + (sorted.select(0, above) - low) * (place - static_cast<double>(below));
}

}  // namespace

Tensor Sinkhorn(const Tensor& scores, double epsilon, std::int64_t iterations,
                const Tensor& there) {
  RequireShape("Sinkhorn", "scores", scores, {-1, -1});
  RequirePositive("Sinkhorn", "epsilon", epsilon);
  RequirePositive("Sinkhorn", "iterations", static_cast<double>(iterations));
  const torch::NoGradGuard no_grad;
  Tensor absent;  // [B, 1]
  if (there.defined()) {
    RequireShape("Sinkhorn", "there", there, {scores.size(0)});
    absent = there.logical_not().unsqueeze(1);
  }
  const auto of_those_there = [&](const Tensor& log_mass) {
    return absent.defined() ? log_mass.masked_fill(absent, kLeftOut) : log_mass;
  };
  auto log_mass = of_those_there(scores / epsilon);
  for (std::int64_t i = 0; i < iterations; ++i) {
    log_mass = log_mass - log_mass.logsumexp(0, true);  // of each prototype; 1/K cancels
    log_mass = of_those_there(log_mass - log_mass.logsumexp(1, true));  // of each sample
  }
  return log_mass.exp();
}

CodeLoss PredictCodes(const Tensor& scores, const Tensor& codes, double temperature) {
  RequireShape("PredictCodes", "scores", scores, {-1, -1});
  RequireShape("PredictCodes", "codes", codes, {scores.size(0), scores.size(1)});
  RequirePositive("PredictCodes", "temperature", temperature);
  if (codes.requires_grad()) {
    throw std::invalid_argument("PredictCodes: codes: got gradient, allowed none");
  }
  CodeLoss result;
  result.per_row = -(codes * (scores / temperature).log_softmax(1)).sum(1);
  result.loss = result.per_row.mean();
  const auto own = codes.argmax(1);
  const auto right = scores.detach().argmax(1).eq(own);
  result.accuracy = right.to(scores.dtype()).mean();
  const auto entropy = -torch::xlogy(codes, codes).sum(1).mean();
  result.code_entropy = entropy / std::log(std::max<double>(2.0, scores.size(1)));
  result.prototypes_used = Membership(own, scores.size(1), scores).sum(0).gt(0).sum();
  return result;
}

Tensor NearestCentroid(const Tensor& points, const Tensor& centroids) {
  // |x|^2 is the same for all centroids.
  return (centroids.square().sum(1).unsqueeze(0) - 2.0 * DotLogits(points, centroids)).argmin(1);
}

Clusters KMeans(const Tensor& points, const Tensor& initial, std::int64_t iterations) {
  RequireShape("KMeans", "points", points, {-1, -1});
  RequireShape("KMeans", "initial", initial, {-1, points.size(1)});
  RequirePositive("KMeans", "iterations", static_cast<double>(iterations));
  const auto clusters = initial.size(0);
  if (clusters > points.size(0)) {
    throw std::invalid_argument("KMeans: got " + std::to_string(clusters) + " clusters, allowed " +
                                "at most one a point, " + std::to_string(points.size(0)));
  }
  const torch::NoGradGuard no_grad;
  Clusters result;
  result.centroids = initial;
  const auto whole = points.options().dtype(torch::kInt64);
  auto before = torch::full({points.size(0)}, -1, whole);
  result.iterations = torch::ones({}, whole);  // the one that finds nothing changed
  for (std::int64_t i = 0; i < iterations; ++i) {
    const auto nearest = NearestCentroid(points, result.centroids);
    const auto labels = WithoutEmptyClusters(points, result.centroids, nearest);
    const auto member = Membership(labels, clusters, points);  // [N, K]
    const auto count = member.sum(0).unsqueeze(1);
    const auto mean = member.t().matmul(points) / count.clamp_min(1.0);
    result.centroids = torch::where(count.gt(0), mean, result.centroids);
    result.iterations = result.iterations + labels.ne(before).any();
    before = labels;
  }
  result.iterations = result.iterations.clamp_max(iterations);
  result.labels = NearestCentroid(points, result.centroids);
  result.counts = Membership(result.labels, clusters, points).sum(0).to(torch::kInt64);
  return result;
}

Tensor Concentrations(const Tensor& points, const Clusters& clusters, double temperature,
                      double alpha) {
  RequirePositive("Concentrations", "temperature", temperature);
  const torch::NoGradGuard no_grad;
  const auto own = clusters.centroids.index_select(0, clusters.labels);
  const auto distance = (points - own).norm(2, {1});
  const auto member = Membership(clusters.labels, clusters.centroids.size(0), points);
  const auto count = clusters.counts.to(points.dtype());
  auto phi = member.t().mv(distance) / count.clamp_min(1.0) / (count + alpha).log();
  const auto several = count.gt(1.0);
  phi = torch::where(several, phi, torch::zeros_like(phi));
  phi = torch::where(several, phi, phi.max());
  const auto sorted = std::get<0>(phi.sort());
  phi = torch::minimum(torch::maximum(phi, Quantile(sorted, 0.1)), Quantile(sorted, 0.9));
  const auto mean = phi.mean();
  return torch::where(mean.gt(0.0), temperature * phi / mean, torch::full_like(phi, temperature));
}

SoftmaxLoss PrototypeNce(const Tensor& query, const PrototypeSet& set) {
  RequireShape("PrototypeNce", "concentrations", set.concentrations, {set.prototypes.size(0)});
  return CrossEntropy(DotLogits(query, set.prototypes) / set.concentrations.unsqueeze(0),
                      set.labels);
}

PclLoss Pcl(const Tensor& instance, const Tensor& query, const std::vector<PrototypeSet>& sets) {
  if (sets.empty()) throw std::invalid_argument("Pcl: got no granularity, allowed at least one");
  PclLoss result;
  result.prototype = torch::zeros_like(instance);
  for (const auto& set : sets) {
    result.terms.push_back(PrototypeNce(query, set));
    result.prototype = result.prototype + result.terms.back().loss;
  }
  result.prototype = result.prototype / static_cast<double>(sets.size());
  result.loss = instance + result.prototype;
  return result;
}

}  // namespace curl_rl::encoders
