// The losses of pairs, one beside the other: f = encoder(observation) with gradient and k =
// key_encoder(second crop) without, no head, no queue, so that two losses differ in nothing else.
//
//   infonce     mean cross-entropy of similarity/temperature with labels 0 .. B-1
//   n_pair      the same of f k^T / sqrt(D), and norm_penalty times the mean squared norm
//   nt_xent     mean cross-entropy over all 2B rows of cosine/temperature, the own row left out
//   logistic    softplus(-y s) over all pairs, y = 1 for own ones, -1 for others
//   triplet     relu(D_own - D_other + margin), D Euclidean on unit rows
//   max_margin  D^2/2 of own pairs, relu(margin - D)^2/2 of others, D Euclidean on unit rows
#include "encoders/objectives/pairs.h"

#include <cmath>
#include <stdexcept>
#include <string>

#include "encoders/losses/pairs.h"
#include "encoders/losses/softmax.h"
#include "encoders/objective.h"
#include "encoders/objectives/pair_metrics.h"
#include "encoders/objectives/requirements.h"

namespace curl_rl::encoders {
namespace {

// Throws if a setting that only some losses read is set for another.
void RequireReadSettings(const PairsConfig& config) {
  const bool by_similarity =
      config.loss == PairsLoss::kInfoNce || config.loss == PairsLoss::kLogistic;
  if (config.similarity != Similarity::kCosine && !by_similarity) {
    throw std::invalid_argument(std::string("similarity: got '") + envs::NameOf(config.similarity) +
                                "' with loss '" + envs::NameOf(config.loss) +
                                "', allowed: cosine; others with infonce and logistic");
  }
  if (config.symmetric && config.loss != PairsLoss::kInfoNce) {
    throw std::invalid_argument(std::string("symmetric: got true with loss '") +
                                envs::NameOf(config.loss) + "', allowed: with infonce");
  }
}

class PairsObjective : public Objective {
 public:
  PairsObjective(const PairsConfig& config, const ObjectiveCommon& common,
                 const ObjectiveContext& context)
      : config_(config), common_(common), observation_(context.view), positive_(context.view) {
    RequireOtherRows(context, "other rows are the negatives");
    RequireReadSettings(config);
    observation_.name = "observation";
    positive_.name = "pairs_positive";
    if (config.similarity == Similarity::kBilinear) {
      const auto size = context.encoder.feature_dim;
      auto stream = context.stream;
      w_ = register_parameter("W", torch::empty({size, size}).uniform_(0.0, 1.0, stream));
    }
    if (config.loss == PairsLoss::kLogistic && config.logistic.learned_scale) {
      // From where the first loss is not drowned in the other pairs (Zhai et al. 2023).
      log_scale_ = register_parameter("log_scale", torch::full({}, std::log(10.0)));
      bias_ = register_parameter("bias", torch::full({}, -10.0));
    }
  }

  std::vector<replay::View> Views() const override { return {observation_, positive_}; }
  std::vector<std::string> key_views() const override { return {positive_.name}; }

  torch::Tensor Loss(Encodings& encodings, NamedTensors& metrics) override {
    const auto anchor = encodings.Features(observation_.name);  // [B, feature_dim]
    auto key = encodings.KeyFeatures(positive_.name);           // [B, feature_dim]
    if (common_.shuffled_positives) key = ShuffleRows(key);
    const auto loss = Of(anchor, key);
    metrics["contrastive_loss"] = loss.detach();
    AddPairMetrics(encodings.beside(), anchor.detach(), key, metrics);
    return loss;
  }

  std::vector<std::string> metric_names() const override { return PairMetricNames(); }

 private:
  torch::Tensor Of(const torch::Tensor& anchor, const torch::Tensor& key) const {
    switch (config_.loss) {
      case PairsLoss::kInfoNce: {
        const auto logits = Similarities(anchor, key) / config_.temperature;
        return config_.symmetric ? SymmetricInfoNce(logits).loss : InfoNce(logits).loss;
      }
      case PairsLoss::kNPair: {
        const auto loss = InfoNce(Scaled(anchor, key)).loss;
        const double penalty = config_.n_pair.norm_penalty;
        return penalty > 0.0 ? loss + penalty * MeanSquaredNorm(anchor, key) : loss;
      }
      case PairsLoss::kNtXent:
        return NtXent(anchor, key, config_.temperature).loss;
      case PairsLoss::kLogistic: {
        const auto similarities = Similarities(anchor, key);
        const auto scores = config_.logistic.learned_scale
                                ? similarities * log_scale_.exp() + bias_
                                : similarities / config_.logistic.temperature;
        return Logistic(scores, PairsOf(anchor), config_.logistic.reduction).loss;
      }
      case PairsLoss::kTriplet: {
        TripletOptions options;
        options.margin = config_.triplet.margin;
        options.mining = config_.triplet.mining;
        options.soft = config_.triplet.soft;
        options.only_violated = config_.triplet.only_violated;
        return TripletsOfViews(Root(Distances(anchor, key)), options).loss;
      }
      case PairsLoss::kMaxMargin:
        return MaxMargin(Distances(anchor, key), PairsOf(anchor), config_.max_margin.margin,
                         config_.max_margin.form, config_.max_margin.reduction)
            .loss;
    }
    throw std::logic_error("pairs: a loss without a formula");
  }

  // [B, B], before any temperature.
  torch::Tensor Similarities(const torch::Tensor& anchor, const torch::Tensor& key) const {
    switch (config_.similarity) {
      case Similarity::kCosine:
        return CosineLogits(anchor, key, 1.0);
      case Similarity::kBilinear:
        return BilinearLogits(anchor, w_, key);
      case Similarity::kDot:
        return Scaled(anchor, key);
      case Similarity::kEuclidean:
        return -SquaredDistances(anchor, key);
    }
    throw std::logic_error("pairs: a similarity without a formula");
  }

  // Features that went through a LayerNorm have norms near sqrt(D): this brings their dot products
  // to the size of one norm.
  static torch::Tensor Scaled(const torch::Tensor& anchor, const torch::Tensor& key) {
    return DotLogits(anchor, key) / std::sqrt(static_cast<double>(anchor.size(1)));
  }

  // Squared, of unit rows.
  static torch::Tensor Distances(const torch::Tensor& anchor, const torch::Tensor& key) {
    return SquaredDistances(Unit(anchor), Unit(key));
  }

  static Pairs PairsOf(const torch::Tensor& anchor) {
    return PairsOfViews(anchor.size(0), anchor.device());
  }

  PairsConfig config_;
  ObjectiveCommon common_;
  replay::View observation_, positive_;
  torch::Tensor w_;                 // float32 [feature_dim, feature_dim]; undefined: not bilinear
  torch::Tensor log_scale_, bias_;  // float32 scalars; undefined: not learned
};

}  // namespace

std::shared_ptr<Objective> Make(const PairsConfig& config, const ObjectiveCommon& common,
                                const ObjectiveContext& context) {
  return std::make_shared<PairsObjective>(config, common, context);
}

}  // namespace curl_rl::encoders
