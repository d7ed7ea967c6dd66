// SimCLR's objective: NT-Xent (Chen et al. 2020, eq. 1) between two crops of the same frames.
//
//   z0 = head(encoder(observation)), z1 = head(encoder(second crop)), both with gradient
//   loss = mean over the 2B rows of -ln exp(s_own) / sum over the 2B - 1 others of exp(s),
//   s = cosine / temperature
//
// No momentum encoder and no memory: the batch's other rows of both crops are the negatives.
#include "encoders/objectives/simclr.h"

#include "encoders/losses/softmax.h"
#include "encoders/objective.h"
#include "encoders/objectives/heads.h"
#include "encoders/objectives/pair_metrics.h"
#include "encoders/objectives/requirements.h"

namespace curl_rl::encoders {
namespace {

class Simclr : public Objective {
 public:
  Simclr(const SimclrConfig& config, const ObjectiveCommon& common, const ObjectiveContext& context)
      : config_(config), common_(common), observation_(context.view), positive_(context.view) {
    RequireOtherRows(context, "other rows are the negatives");
    observation_.name = "observation";
    positive_.name = "simclr_positive";
    head_ = register_module("head",
                            Head(context.encoder.feature_dim, config.projection, context.stream));
  }

  std::vector<replay::View> Views() const override { return {observation_, positive_}; }

  torch::Tensor Loss(Encodings& encodings, NamedTensors& metrics) override {
    const auto anchor = encodings.Features(observation_.name);  // [B, feature_dim]
    auto positive = encodings.Features(positive_.name);         // [B, feature_dim]
    if (common_.shuffled_positives) positive = ShuffleRows(positive);
    const auto loss = NtXent(head_(anchor), head_(positive), config_.temperature).loss;
    metrics["contrastive_loss"] = loss.detach();
    AddPairMetrics(encodings.beside(), anchor.detach(), positive.detach(), metrics);
    return loss;
  }

  std::vector<std::string> metric_names() const override { return PairMetricNames(); }

 private:
  SimclrConfig config_;
  ObjectiveCommon common_;
  replay::View observation_, positive_;
  Head head_{nullptr};
};

}  // namespace

std::shared_ptr<Objective> Make(const SimclrConfig& config, const ObjectiveCommon& common,
                                const ObjectiveContext& context) {
  return std::make_shared<Simclr>(config, common, context);
}

}  // namespace curl_rl::encoders
