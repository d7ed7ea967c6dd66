// Contrast with a later observation (ATC: Stooke et al. 2021).
//
//   p = head(encoder(observation)), q = p + predictor(p), k = key_head(key_encoder(later one))
//   logits = q W k^T,  loss = mean cross-entropy with labels 0 .. B-1
//
// The later observation is `steps` decisions on in the same episode; rows that have none are no
// anchors (their keys remain negatives). With key `next` it is the critic's next_observation, and
// its key features are the target's, as they were before the momentum encoder moved in this step:
// nothing is encoded for this loss alone.
#include "encoders/objectives/temporal.h"

#include <torch/utils.h>

#include "encoders/initialization.h"
#include "encoders/losses/softmax.h"
#include "encoders/momentum.h"
#include "encoders/objective.h"
#include "encoders/objectives/heads.h"
#include "encoders/objectives/pair_metrics.h"
#include "encoders/objectives/requirements.h"

namespace curl_rl::encoders {
namespace {

class Temporal : public Objective {
 public:
  Temporal(const TemporalConfig& config, const ObjectiveCommon& common,
           const ObjectiveContext& context)
      : config_(config), common_(common), observation_(context.view), later_(context.view) {
    RequireOtherRows(context, "other rows are the negatives");
    observation_.name = "observation";
    if (config.key == TemporalKey::kNext) {
      later_.name = "next_observation";
      later_.of = replay::ViewOf::kNext;
    } else {
      later_.name = "temporal_key";
      later_.of = replay::ViewOf::kAhead;
      later_.ahead = config.steps;
    }
    const auto features = context.encoder.feature_dim;
    head_ = register_module("head", Head(features, config.projection, context.stream));
    key_head_ = register_module("key_head", MomentumCopy(head_, features, config.projection));
    const auto dim = head_->out_dim();
    if (config.predictor_hidden > 0) {
      predictor_ =
          register_module("predictor", MakePredictor(dim, config.predictor_hidden, context.stream));
    }
    w_ = register_parameter("W", torch::empty({dim, dim}));
    InitOrthogonal(w_, 1.0, context.stream);
  }

  std::vector<replay::View> Views() const override { return {observation_, later_}; }
  std::vector<std::string> key_views() const override {
    if (config_.key == TemporalKey::kNext) return {};  // the target has asked
    return {later_.name};
  }

  torch::Tensor Loss(Encodings& encodings, NamedTensors& metrics) override {
    const auto anchor = encodings.Features(observation_.name);  // [B, feature_dim]
    auto key = encodings.FirstKeyFeatures(later_.name);         // [B, feature_dim]
    if (common_.shuffled_positives) key = ShuffleRows(key);
    auto predicted = head_(anchor);
    if (!predictor_.is_empty()) predicted = predicted + predictor_(predicted);
    const auto softmax = InfoNce(BilinearLogits(predicted, w_, Projected(key)), Valid(encodings));
    metrics["contrastive_loss"] = softmax.loss.detach();
    metrics["prediction_accuracy"] = softmax.accuracy;
    AddPairMetrics(encodings.beside(), anchor.detach(), key, metrics);
    return softmax.loss;
  }

  std::vector<std::string> metric_names() const override {
    auto names = PairMetricNames();
    names.emplace_back("prediction_accuracy");
    return names;
  }

  void MoveMomentum(double tau) override { MomentumUpdate(*head_, *key_head_, tau); }

 private:
  torch::Tensor Projected(const torch::Tensor& key) {
    const torch::NoGradGuard no_grad;
    return key_head_(key);
  }

  // Rows with an observation so far ahead: bool [B]. Undefined: all.
  torch::Tensor Valid(const Encodings& encodings) const {
    if (config_.key == TemporalKey::kNext || config_.keep_short) return {};
    return encodings.batch().at(later_.name + ".ahead").eq(config_.steps);
  }

  TemporalConfig config_;
  ObjectiveCommon common_;
  replay::View observation_, later_;
  Head head_{nullptr}, key_head_{nullptr};
  Head predictor_{nullptr};  // null: none
  torch::Tensor w_;          // float32 [dim, dim]
};

}  // namespace

std::shared_ptr<Objective> Make(const TemporalConfig& config, const ObjectiveCommon& common,
                                const ObjectiveContext& context) {
  return std::make_shared<Temporal>(config, common, context);
}

}  // namespace curl_rl::encoders
