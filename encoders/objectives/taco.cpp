// Temporal action-driven contrast (TACO: Zheng et al. 2023).
//
//   z = trunk(conv(observation)), u = LayerNorm-tanh layer over `steps` encoded actions
//   q = transition([z, u]),  k = trunk(conv(the observation `steps` decisions on)), no gradient
//   loss = InfoNCE(q W k^T) + InfoNCE(z W p^T) + mean (reward([z, u]) - r)^2
//
// p is another crop's z without gradient, r the reward that the critic is given. The trunk is the
// objective's own; keys are the online encoder's, as in the authors' code: there is no momentum.
// Rows whose episode ends before count in the crops' term alone; the authors do not draw such.
// Their critic reads the encoded actions too: here it reads the actions, and the code of actions
// serves this loss alone (docs/methods.md).
#include "encoders/objectives/taco.h"

#include <torch/utils.h>

#include "encoders/initialization.h"
#include "encoders/losses/softmax.h"
#include "encoders/objective.h"
#include "encoders/objectives/heads.h"
#include "encoders/objectives/pair_metrics.h"
#include "encoders/objectives/requirements.h"

namespace curl_rl::encoders {
namespace {

constexpr std::int64_t kActionHidden = 64;  // the authors': no setting of theirs

std::int64_t ActionDim(const TacoConfig& config, std::int64_t action_size) {
  return config.action_dim > 0 ? config.action_dim : action_size * 5 / 4 + 1;
}

HeadConfig HiddenLayer(std::int64_t hidden, std::int64_t out) {
  return {HeadKind::kMlp, hidden, out};
}

// The code of a sequence of actions: each by the same two layers, then all of them by one.
class ActionCodeImpl : public torch::nn::Module {
 public:
  ActionCodeImpl(std::int64_t action_size, std::int64_t dim, std::int64_t steps,
                 const at::Generator& stream)
      : hidden_(action_size, kActionHidden),
        last_(kActionHidden, dim),
        sequence_(dim * steps, dim * steps),
        norm_(torch::nn::LayerNormOptions({dim * steps})) {
    for (auto* linear : {&hidden_, &last_, &sequence_}) InitLinear(*linear, stream);
    register_module("hidden", hidden_);
    register_module("last", last_);
    register_module("sequence", sequence_);
    register_module("norm", norm_);
  }

  // [B, steps, A] to [B, steps * dim].
  torch::Tensor forward(const torch::Tensor& actions) {
    const auto each = last_(hidden_(actions).tanh());
    return norm_(sequence_(each.flatten(1))).tanh();
  }

 private:
  torch::nn::Linear hidden_, last_, sequence_;
  torch::nn::LayerNorm norm_;
};
TORCH_MODULE(ActionCode);

class Taco : public Objective {
 public:
  Taco(const TacoConfig& config, const ObjectiveCommon& common, const ObjectiveContext& context)
      : config_(config),
        common_(common),
        observation_(context.view),
        crop_(context.view),
        later_(context.view) {
    RequireOtherRows(context, "other rows are the negatives");
    observation_.name = "observation";
    crop_.name = "taco_crop";
    later_.name = "taco_later";
    later_.of = replay::ViewOf::kAhead;
    later_.ahead = config.steps;
    auto encoder = context.encoder;
    encoder.tanh = true;
    if (encoder.channels > 0) {
      trunk_ = register_module("trunk", Projection(encoder, context.stream));
    }
    const auto dim = ActionDim(config, context.action_size);
    const auto features = encoder.feature_dim;
    const auto told = features + dim * config.steps;
    code_ = register_module("action_code",
                            ActionCode(context.action_size, dim, config.steps, context.stream));
    transition_ = register_module("transition",
                                  Head(told, HiddenLayer(config.hidden, features), context.stream));
    if (config.reward) {
      reward_ =
          register_module("reward", Head(told, HiddenLayer(config.hidden, 1), context.stream));
    }
    auto stream = context.stream;
    w_ = register_parameter("W", torch::empty({features, features}).uniform_(0.0, 1.0, stream));
  }

  std::vector<replay::View> Views() const override {
    if (config_.crops) return {observation_, crop_, later_};
    return {observation_, later_};
  }
  std::int64_t horizon() const override { return config_.steps; }

  torch::Tensor Loss(Encodings& encodings, NamedTensors& metrics) override {
    const auto anchor = Encode(encodings, observation_.name);  // [B, feature_dim]
    const auto later = Key(encodings, later_.name);            // [B, feature_dim]
    const auto& batch = encodings.batch();
    const auto valid = batch.at(later_.name + ".ahead")
                           .eq(config_.steps)
                           .logical_and(batch.at("horizon.steps").ge(config_.steps));
    const auto actions = batch.at("horizon.action").narrow(1, 0, config_.steps);
    const auto told = torch::cat({anchor, code_(actions.to(anchor.scalar_type()))}, 1);

    const auto foretold = transition_(told);
    const auto softmax = InfoNce(BilinearLogits(foretold, w_, later), valid);
    auto loss = softmax.loss;
    metrics["contrastive_loss"] = softmax.loss.detach();
    metrics["prediction_accuracy"] = softmax.accuracy;
    auto seen_alike = later;
    if (config_.crops) {
      const auto crop = Key(encodings, crop_.name);
      seen_alike = crop;
      const auto crops = InfoNce(BilinearLogits(anchor, w_, crop));
      loss = loss + crops.loss;
      metrics["crops_loss"] = crops.loss.detach();
    }
    if (config_.reward) {
      const auto error = RewardError(told, Positive(batch.at("reward")), valid);
      loss = loss + error;
      metrics["reward_loss"] = error.detach();
    }
    AddPairMetrics(encodings.beside(), anchor.detach(), seen_alike, metrics);
    return loss;
  }

  std::vector<std::string> metric_names() const override {
    auto names = PairMetricNames();
    names.emplace_back("prediction_accuracy");
    if (config_.crops) names.emplace_back("crops_loss");
    if (config_.reward) names.emplace_back("reward_loss");
    return names;
  }

 private:
  // By the online encoder and the objective's trunk.
  torch::Tensor Encode(Encodings& encodings, const std::string& view) {
    const auto maps = encodings.Maps(view);
    return trunk_.is_empty() ? maps : trunk_(maps);
  }

  torch::Tensor Key(Encodings& encodings, const std::string& view) {
    const torch::NoGradGuard no_grad;
    return Positive(Encode(encodings, view));
  }

  torch::Tensor Positive(const torch::Tensor& rows) const {
    return common_.shuffled_positives ? ShuffleRows(rows) : rows;
  }

  // Mean over the valid rows; none: 0.
  torch::Tensor RewardError(const torch::Tensor& told, const torch::Tensor& reward,
                            const torch::Tensor& valid) {
    const auto counts = valid.to(told.scalar_type());
    const auto squares = (reward_(told) - reward).pow(2).squeeze(1);
    return (squares * counts).sum() / counts.sum().clamp_min(1.0);
  }

  TacoConfig config_;
  ObjectiveCommon common_;
  replay::View observation_, crop_, later_;
  Projection trunk_{nullptr};  // null: the views are features already
  ActionCode code_{nullptr};
  Head transition_{nullptr}, reward_{nullptr};  // reward null: not foretold
  torch::Tensor w_;                             // float32 [feature_dim, feature_dim]
};

}  // namespace

std::shared_ptr<Objective> Make(const TacoConfig& config, const ObjectiveCommon& common,
                                const ObjectiveContext& context) {
  return std::make_shared<Taco>(config, common, context);
}

}  // namespace curl_rl::encoders
