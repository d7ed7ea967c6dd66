// Alignment, uniformity and how many directions are in use.
#include "encoders/objectives/pair_metrics.h"

#include <torch/utils.h>

#include "encoders/losses/similarity.h"

namespace curl_rl::encoders {

void AddPairMetrics(const torch::Tensor& anchor, const torch::Tensor& key,
                    replay::NamedTensors& metrics) {
  const torch::NoGradGuard no_grad;
  const auto rows = anchor.size(0);
  const auto a = Unit(anchor), k = Unit(key);
  const auto own = torch::arange(rows, torch::TensorOptions(torch::kInt64).device(a.device()));
  metrics["contrastive_accuracy"] = DotLogits(a, k).argmax(1).eq(own).to(torch::kFloat32).mean();
  metrics["alignment"] = (a - k).square().sum(1).mean();
  // A key with itself has distance 0 and so exp(0) = 1: exactly B of them are taken away.
  const auto near = torch::exp(-2.0 * SquaredDistances(k, k)).fill_diagonal_(1.0);
  const auto count = static_cast<double>(rows);
  metrics["uniformity"] = ((near.sum() - count) / (count * (count - 1.0))).log();
  const auto centred = key - key.mean(0, /*keepdim=*/true);
  const auto covariance = centred.t().matmul(centred);
  metrics["participation_ratio"] =
      covariance.trace().square() / covariance.square().sum().clamp_min(1e-30);
}

void AddPairMetrics(SideStream& beside, const torch::Tensor& anchor, const torch::Tensor& key,
                    replay::NamedTensors& metrics) {
  beside.Run([&] { AddPairMetrics(anchor, key, metrics); }, {anchor, key});
}

std::vector<std::string> PairMetricNames() {
  return {"contrastive_loss", "contrastive_accuracy", "alignment", "uniformity",
          "participation_ratio"};
}

}  // namespace curl_rl::encoders
