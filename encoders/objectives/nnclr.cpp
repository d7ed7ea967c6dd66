// NNCLR's objective (Dwibedi et al. 2021, eq. 2): the positive is not the own key but the key most
// like it among earlier ones.
//
//   p = unit predictor(head(encoder(observation))), z = unit key_head(key_encoder(second crop))
//   n = the queue's row with the highest cosine to z, no gradient
//   loss = mean -ln exp(n_i p_i / T) / sum_j exp(n_i p_j / T)
//
// Keys of the anchor's own transition are no neighbours: a replay draws it again. Until the queue
// is full, and where no row of it is eligible, n is z itself.
#include "encoders/objectives/nnclr.h"

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

class Nnclr : public Objective {
 public:
  Nnclr(const NnclrConfig& config, const ObjectiveCommon& common, const ObjectiveContext& context)
      : config_(config), common_(common), observation_(context.view), positive_(context.view) {
    RequireOtherRows(context, "other rows are the negatives");
    RequireQueueOfABatch(config.queue_size, context);
    observation_.name = "observation";
    positive_.name = "nnclr_positive";
    const auto features = context.encoder.feature_dim;
    head_ = register_module("head", Head(features, config.projection, context.stream));
    key_head_ = register_module("key_head", MomentumCopy(head_, features, config.projection));
    if (config.predictor_hidden > 0) {
      predictor_ = register_module(
          "predictor", MakePredictor(head_->out_dim(), config.predictor_hidden, context.stream));
    }
    queue_ = RegisterQueue(*this, config.queue_size, head_->out_dim());
    episodes_ = register_buffer("queue_episodes", torch::full_like(queue_.ids, -1));
  }

  std::vector<replay::View> Views() const override { return {observation_, positive_}; }
  std::vector<std::string> key_views() const override { return {positive_.name}; }

  torch::Tensor Loss(Encodings& encodings, NamedTensors& metrics) override {
    const auto anchor = encodings.Features(observation_.name);  // [B, feature_dim]
    auto key = encodings.KeyFeatures(positive_.name);           // [B, feature_dim]
    if (common_.shuffled_positives) key = ShuffleRows(key);
    auto predicted = head_(anchor);
    if (!predictor_.is_empty()) predicted = predictor_(predicted);
    const auto target = Neighbours(Keys(key), encodings.batch(), metrics);  // [B, D]
    const auto softmax = InfoNce(CosineLogits(target, predicted, config_.temperature));
    metrics["contrastive_loss"] = softmax.loss.detach();
    metrics["nn_accuracy"] = softmax.accuracy;
    metrics["queue_filled"] = FilledShare(queue_);
    AddPairMetrics(encodings.beside(), anchor.detach(), key, metrics);
    return softmax.loss;
  }

  std::vector<std::string> metric_names() const override {
    auto names = PairMetricNames();
    for (const char* own :
         {"nn_accuracy", "nn_share", "nn_same_episode", "nn_time_distance", "queue_filled"}) {
      names.emplace_back(own);
    }
    return names;
  }

  void AfterStep(Encodings& encodings) override {
    const auto& batch = encodings.batch();
    const auto places = (torch::arange(batch.size(), queue_.pointer.options()) + queue_.pointer)
                            .remainder(config_.queue_size);  // where Push will write
    Push(queue_, Keys(encodings.KeyFeatures(positive_.name)), batch.at("transition"));
    episodes_.index_copy_(0, places, Episodes(batch));
  }

  void MoveMomentum(double tau) override { MomentumUpdate(*head_, *key_head_, tau); }

 private:
  // Unit rows [B, D] of the momentum encoder's features.
  torch::Tensor Keys(const torch::Tensor& features) {
    const torch::NoGradGuard no_grad;
    return Unit(key_head_(features));
  }

  // The first transition of each row's episode: int64 [B].
  static torch::Tensor Episodes(const replay::Batch& batch) {
    return batch.at("transition") - batch.at("episode_step");
  }

  // What stands for each of `keys` [B, D], and what is known of it.
  torch::Tensor Neighbours(const torch::Tensor& keys, const replay::Batch& batch,
                           NamedTensors& metrics) const {
    const torch::NoGradGuard no_grad;
    const auto& transitions = batch.at("transition");
    const auto left_out =
        SameObservation(transitions, queue_.ids, config_.id_window).logical_or(EmptyRows(queue_));
    const auto nearest = Nearest(keys, queue_.rows, left_out);
    const auto taken =
        left_out.logical_not().any(1).logical_and(queue_.filled.eq(config_.queue_size));  // [B]
    const auto ids = queue_.ids.index_select(0, nearest.index);
    const auto same = episodes_.index_select(0, nearest.index).eq(Episodes(batch));
    metrics["nn_share"] = taken.to(torch::kFloat32).mean();
    metrics["nn_same_episode"] = MeanWhere(taken, same.to(torch::kFloat32));
    metrics["nn_time_distance"] =
        MeanWhere(taken.logical_and(same), (ids - transitions).abs().to(torch::kFloat32));
    return torch::where(taken.unsqueeze(1), nearest.rows, keys);
  }

  NnclrConfig config_;
  ObjectiveCommon common_;
  replay::View observation_, positive_;
  Head head_{nullptr}, key_head_{nullptr};
  Head predictor_{nullptr};  // null: none
  RingQueue queue_;          // unit rows [queue_size, D] and their transitions
  torch::Tensor episodes_;   // int64 [queue_size], the first transition of each row's episode
};

}  // namespace

std::shared_ptr<Objective> Make(const NnclrConfig& config, const ObjectiveCommon& common,
                                const ObjectiveContext& context) {
  return std::make_shared<Nnclr>(config, common, context);
}

}  // namespace curl_rl::encoders
