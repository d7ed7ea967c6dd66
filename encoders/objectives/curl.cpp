// CURL's objective: InfoNCE with a bilinear similarity (van den Oord et al. 2018; CURL eq. 3).
//
//   logits = anchor W key^T,  loss = mean cross-entropy with labels 0 .. B-1
//
// The anchor is the critic's view of the observation by the online encoder, the key a second crop
// of the same frames by the momentum encoder. All other rows are negatives.
#include "encoders/objectives/curl.h"

#include "encoders/objective.h"
#include "encoders/objectives/pair_metrics.h"

namespace curl_rl::encoders {
namespace {

class Curl : public Objective {
 public:
  Curl(const ObjectiveCommon& common, const ObjectiveContext& context)
      : common_(common), positive_(context.view) {
    positive_.name = "positive";
    const auto size = context.encoder.feature_dim;
    // Uniform in [0, 1), as in the reference implementation.
    auto stream = context.stream;
    w_ = register_parameter("W", torch::empty({size, size}).uniform_(0.0, 1.0, stream));
  }

  std::vector<replay::View> Views() const override {
    auto observation = positive_;
    observation.name = "observation";
    return {observation, positive_};
  }

  std::vector<std::string> key_views() const override { return {"positive"}; }

  torch::Tensor Loss(Encodings& encodings, NamedTensors& metrics) override {
    const auto anchor = encodings.Features("observation");
    auto key = encodings.KeyFeatures("positive");
    if (common_.shuffled_positives) key = ShuffleRows(key);
    const auto logits = anchor.matmul(w_.matmul(key.t()));  // [B, B]
    const auto labels = torch::arange(anchor.size(0), logits.options().dtype(torch::kInt64));
    const auto loss = torch::cross_entropy_loss(logits, labels);
    metrics["contrastive_loss"] = loss.detach();
    if (anchor.size(0) > 1) AddPairMetrics(encodings.beside(), anchor.detach(), key, metrics);
    // CURL's accuracy is that of its own logits, as in the reference implementation.
    metrics["contrastive_accuracy"] =
        logits.detach().argmax(1).eq(labels).to(torch::kFloat32).mean();
    return loss;
  }

  std::vector<std::string> metric_names() const override { return PairMetricNames(); }

 private:
  ObjectiveCommon common_;
  replay::View positive_;
  torch::Tensor w_;  // float32 [feature_dim, feature_dim]
};

}  // namespace

std::shared_ptr<Objective> Make(const CurlConfig& /*config*/, const ObjectiveCommon& common,
                                const ObjectiveContext& context) {
  return std::make_shared<Curl>(common, context);
}

}  // namespace curl_rl::encoders
