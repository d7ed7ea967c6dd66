// MoCo's objective: InfoNCE against a queue of keys (He et al. 2020; with an MLP head: Chen et al.
// 2020, MoCo v2).
//
//   z = head(encoder(observation)), own = key_head(key_encoder(second crop)), no gradient
//   loss = mean -ln exp(s_own) / (exp(s_own) + sum over the queue of exp(s)), s =
//   cosine/temperature after the step own takes the place of the queue's oldest rows
//
// Keys of the anchor's own transition are no negatives: a replay draws it again, as data sets do
// not. While the queue is empty the batch's other keys are the negatives.
#include "encoders/objectives/moco.h"

#include <torch/utils.h>

#include "encoders/losses/softmax.h"
#include "encoders/momentum.h"
#include "encoders/objective.h"
#include "encoders/objectives/heads.h"
#include "encoders/objectives/key_queue.h"
#include "encoders/objectives/pair_metrics.h"
#include "encoders/objectives/requirements.h"

namespace curl_rl::encoders {
namespace {

class Moco : public Objective {
 public:
  Moco(const MocoConfig& config, const ObjectiveCommon& common, const ObjectiveContext& context)
      : config_(config), common_(common), observation_(context.view), positive_(context.view) {
    RequireOtherRows(context, "other rows are the first negatives");
    RequireQueueOfABatch(config.queue_size, context);
    observation_.name = "observation";
    positive_.name = "moco_positive";
    const auto features = context.encoder.feature_dim;
    head_ = register_module("head", Head(features, config.projection, context.stream));
    key_head_ = register_module("key_head", MomentumCopy(head_, features, config.projection));
    queue_ = RegisterQueue(*this, config.queue_size, head_->out_dim());
  }

  std::vector<replay::View> Views() const override { return {observation_, positive_}; }
  std::vector<std::string> key_views() const override { return {positive_.name}; }

  torch::Tensor Loss(Encodings& encodings, NamedTensors& metrics) override {
    const auto anchor = encodings.Features(observation_.name);  // [B, feature_dim]
    auto key = encodings.KeyFeatures(positive_.name);           // [B, feature_dim]
    if (common_.shuffled_positives) key = ShuffleRows(key);
    const auto z = head_(anchor);
    // Row i's own is column i, whoever else is there.
    auto of_batch = CosineLogits(z, Keys(key), config_.temperature);  // [B, B]
    if (!config_.in_batch) {
      const auto others = PairsOfViews(anchor.size(0), anchor.device()).other;
      of_batch = Without(of_batch, others.logical_and(queue_.filled.gt(0)));
    }
    const auto of_queue = LogitsOfQueue(z, queue_, encodings.batch().at("transition"),
                                        config_.id_window, config_.temperature);  // [B, Q]
    const auto loss = InfoNce(torch::cat({of_batch, of_queue}, 1)).loss;
    metrics["contrastive_loss"] = loss.detach();
    metrics["queue_filled"] = FilledShare(queue_);
    AddPairMetrics(encodings.beside(), anchor.detach(), key, metrics);
    return loss;
  }

  std::vector<std::string> metric_names() const override {
    auto names = PairMetricNames();
    names.emplace_back("queue_filled");
    return names;
  }

  void AfterStep(Encodings& encodings) override {
    Push(queue_, Keys(encodings.KeyFeatures(positive_.name)), encodings.batch().at("transition"));
  }

  void MoveMomentum(double tau) override { MomentumUpdate(*head_, *key_head_, tau); }

 private:
  // Unit rows [B, D] of the momentum encoder's features.
  torch::Tensor Keys(const torch::Tensor& features) {
    const torch::NoGradGuard no_grad;
    return Unit(key_head_(features));
  }

  MocoConfig config_;
  ObjectiveCommon common_;
  replay::View observation_, positive_;
  Head head_{nullptr}, key_head_{nullptr};
  RingQueue queue_;  // unit rows [queue_size, D] and their transitions
};

}  // namespace

std::shared_ptr<Objective> Make(const MocoConfig& config, const ObjectiveCommon& common,
                                const ObjectiveContext& context) {
  return std::make_shared<Moco>(config, common, context);
}

}  // namespace curl_rl::encoders
