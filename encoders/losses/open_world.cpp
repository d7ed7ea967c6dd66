// Losses and fits of open-world recognition, by formula.
#include "encoders/losses/open_world.h"

#include <torch/utils.h>

#include <cmath>
#include <limits>

#include "encoders/losses/checks.h"
#include "encoders/losses/similarity.h"

namespace curl_rl::encoders {
using torch::Tensor;

HingeLoss PrototypeHinge(const Tensor& features, const Tensor& prototypes, const Tensor& labels,
                         double margin, const Tensor& known) {
  RequireShape("PrototypeHinge", "features", features, {-1, -1});
  RequireShape("PrototypeHinge", "labels", labels, {features.size(0)});
  RequirePositive("PrototypeHinge", "margin", margin);
  const auto distance = Root(SquaredDistances(features, prototypes));
  const auto classes = torch::arange(prototypes.size(0), labels.options());
  const auto own = labels.unsqueeze(1).eq(classes.unsqueeze(0));
  auto counted = labels.ge(0).unsqueeze(1).expand_as(distance);
  if (known.defined()) counted = counted.logical_and(known.unsqueeze(0));
  HingeLoss result;
  const auto terms = torch::where(own, distance, (margin - distance).relu());
  result.per_pair = torch::where(counted, terms, torch::zeros_like(terms));
  result.loss = MeanWhere(labels.ge(0), result.per_pair.sum(1));
  result.mean = MeanWhere(counted, result.per_pair);
  return result;
}

Tensor Energy(const Tensor& logits, double temperature) {
  RequireShape("Energy", "logits", logits, {-1, -1});
  RequirePositive("Energy", "temperature", temperature);
  return -temperature * (logits / temperature).logsumexp(1);
}

Tensor MovedPrototypes(const Tensor& before, const Tensor& mean, double momentum) {
  return momentum * before + (1.0 - momentum) * mean;
}

Tensor LogDensity(const Weibull& weibull, const Tensor& x) {
  const auto above = x - weibull.location;
  const auto log_ratio =
      above.clamp_min(std::numeric_limits<float>::min()).log() - weibull.scale.log();
  const auto density = weibull.shape.log() - weibull.scale.log() +
                       (weibull.shape - 1.0) * log_ratio - (weibull.shape * log_ratio).exp();
  const auto none = torch::full_like(density, -std::numeric_limits<double>::infinity());
  return torch::where(above.gt(0.0), density, none);
}

Weibull FitWeibull(const Tensor& samples, const Tensor& location, const Tensor& valid) {
  RequireShape("FitWeibull", "samples", samples, {-1});
  const torch::NoGradGuard no_grad;
  const auto counts = valid.defined() ? valid : torch::ones_like(samples, torch::kBool);
  const auto weight = counts.to(samples.dtype());
  auto log_x = (samples - location).clamp_min(std::numeric_limits<float>::min()).log();
  const auto largest = log_x.masked_fill(counts.logical_not(), kLeftOut).max();
  log_x = torch::where(counts, log_x - largest, torch::zeros_like(log_x));  // powers stay below 1
  const auto mean = MeanWhere(counts, log_x);
  const auto deviation = MeanWhere(counts, (log_x - mean).square()).sqrt();
  // ln x has the standard deviation pi / (sqrt(6) shape): a start near the root.
  auto shape = std::acos(-1.0) / std::sqrt(6.0) / deviation.clamp_min(1e-6);
  for (int step = 0; step < 30; ++step) {
    const auto power = (shape * log_x).exp() * weight;
    const auto total = power.sum();
    const auto first = (power * log_x).sum() / total;
    const auto second = (power * log_x.square()).sum() / total;
    const auto score = first - 1.0 / shape - mean;
    const auto slope = second - first.square() + 1.0 / shape.square();
    shape = torch::maximum(shape - score / slope, 0.5 * shape);  // stays positive
  }
  Weibull result;
  result.shape = shape;
  result.location = location;
  const auto mean_power = MeanWhere(counts, (shape * log_x).exp());
  result.scale = (mean_power.log() / shape + largest).exp();
  return result;
}

}  // namespace curl_rl::encoders
