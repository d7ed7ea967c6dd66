// Supervised NT-Xent (Khosla et al. 2020, eq. 2) with classes out of the replay.
//
//   z = rows of head(encoder(observation)) with gradient, then of key_head(key_encoder(second
//   crop)) without: 2B rows, row i and row B + i of one class
//   loss = mean over rows of -1/|P| sum_{p in P} ln [exp s_ip / sum_{a != i} exp s_ia],
//   s = cosine / temperature, P the other rows of i's class
//
// A batch of one class has nothing to tell apart and its loss would only draw all rows together:
// it counts nowhere.
#include "encoders/objectives/supervised.h"

#include <torch/utils.h>

#include "encoders/losses/softmax.h"
#include "encoders/momentum.h"
#include "encoders/objective.h"
#include "encoders/objectives/heads.h"
#include "encoders/objectives/labels.h"
#include "encoders/objectives/pair_metrics.h"
#include "encoders/objectives/requirements.h"

namespace curl_rl::encoders {
namespace {

class Supervised : public Objective {
 public:
  Supervised(const SupervisedConfig& config, const ObjectiveCommon& common,
             const ObjectiveContext& context)
      : config_(config),
        common_(common),
        labels_(config.label, context.action_repeat),
        observation_(context.view),
        positive_(context.view) {
    RequireOtherRows(context, "other rows are the negatives");
    observation_.name = "observation";
    positive_.name = "supervised_positive";
    const auto features = context.encoder.feature_dim;
    head_ = register_module("head", Head(features, config.projection, context.stream));
    key_head_ = register_module("key_head", MomentumCopy(head_, features, config.projection));
  }

  std::vector<replay::View> Views() const override { return {observation_, positive_}; }
  std::vector<std::string> key_views() const override { return {positive_.name}; }
  std::int64_t horizon() const override { return labels_.horizon(); }

  torch::Tensor Loss(Encodings& encodings, NamedTensors& metrics) override {
    const auto anchor = encodings.Features(observation_.name);  // [B, feature_dim]
    auto key = encodings.KeyFeatures(positive_.name);           // [B, feature_dim]
    auto labels = labels_.Of(encodings.batch());
    if (common_.shuffled_positives) {  // neither the key nor the class is the anchor's
      key = ShuffleRows(key);
      labels = ShuffleRows(labels);
    }
    metrics["label_entropy"] = labels_.Entropy(labels);
    const auto one_class = labels.eq(labels.select(0, 0)).all();
    labels = torch::where(one_class, torch::full_like(labels, -1), labels);  // -1: no class
    const auto rows = torch::cat({head_(anchor), Projected(key)});           // [2B, D]
    const auto loss =
        SupervisedNtXent(rows, torch::cat({labels, labels}), config_.temperature, config_.form)
            .loss;
    metrics["contrastive_loss"] = loss.detach();
    AddPairMetrics(encodings.beside(), anchor.detach(), key, metrics);
    return loss;
  }

  std::vector<std::string> metric_names() const override {
    auto names = PairMetricNames();
    names.emplace_back("label_entropy");
    return names;
  }

  void MoveMomentum(double tau) override { MomentumUpdate(*head_, *key_head_, tau); }

 private:
  torch::Tensor Projected(const torch::Tensor& key) {
    const torch::NoGradGuard no_grad;
    return key_head_(key);
  }

  SupervisedConfig config_;
  ObjectiveCommon common_;
  Labels labels_;
  replay::View observation_, positive_;
  Head head_{nullptr}, key_head_{nullptr};
};

}  // namespace

std::shared_ptr<Objective> Make(const SupervisedConfig& config, const ObjectiveCommon& common,
                                const ObjectiveContext& context) {
  return std::make_shared<Supervised>(config, common, context);
}

}  // namespace curl_rl::encoders
