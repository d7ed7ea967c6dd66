// SwAV's objective (Caron et al. 2020, eq. 1-4): one view's assignment to prototypes, in equal
// shares over the batch, is predicted from the other view.
//
//   z0 = unit head(encoder(observation)), z1 = unit key_head(key_encoder(second crop))
//   scores = z C^T, C unit prototypes [K, D];  codes = Sinkhorn(scores of z1 and of the queue)
//   loss = mean -sum_k codes_k ln softmax(scores of z0 / T)_k
//
// `symmetric`: both views by the online encoder with gradient, each predicting the other's code.
// Extra views are small windows, resized; each predicts the codes too. Prototypes stand still at
// first, and have norm 1 after each step.
#include "encoders/objectives/swav.h"

#include <torch/utils.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "encoders/losses/prototypes.h"
#include "encoders/momentum.h"
#include "encoders/objective.h"
#include "encoders/objectives/heads.h"
#include "encoders/objectives/key_queue.h"
#include "encoders/objectives/pair_metrics.h"
#include "encoders/objectives/requirements.h"

namespace curl_rl::encoders {
namespace {

class Swav : public Objective {
 public:
  Swav(const SwavConfig& config, const ObjectiveCommon& common, const ObjectiveContext& context)
      : config_(config),
        common_(common),
        image_size_(context.encoder.image_size),
        observation_(context.view),
        positive_(context.view) {
    RequireOtherRows(context, "a batch of one is one prototype's");
    RequireQueueOfABatch(config.queue_size, context);
    if (config.extra_views > 0 && config.extra_view_size > image_size_) {
      throw std::invalid_argument("extra_view_size: got " + std::to_string(config.extra_view_size) +
                                  ", allowed: at most " + std::to_string(image_size_) +
                                  ", the encoder's pictures");
    }
    observation_.name = "observation";
    positive_.name = "swav_positive";
    const auto features = context.encoder.feature_dim;
    head_ = register_module("head", Head(features, config.projection, context.stream));
    if (!config.symmetric) {
      key_head_ = register_module("key_head", MomentumCopy(head_, features, config.projection));
    }
    const auto dim = head_->out_dim();
    if (config.predictor_hidden > 0) {
      predictor_ =
          register_module("predictor", MakePredictor(dim, config.predictor_hidden, context.stream));
    }
    auto stream = context.stream;
    prototypes_ = register_parameter(
        "prototypes", Unit(torch::empty({config.prototypes, dim}).normal_(0.0, 1.0, stream)));
    steps_ = register_buffer("steps", torch::zeros({}, torch::kInt64));
    if (config.queue_size > 0) queue_ = RegisterQueue(*this, config.queue_size, dim);
  }

  std::vector<replay::View> Views() const override {
    std::vector<replay::View> views = {observation_, positive_};
    for (std::int64_t n = 1; n <= config_.extra_views; ++n) views.push_back(Extra(n));
    return views;
  }
  std::vector<std::string> key_views() const override {
    if (config_.symmetric) return {};
    return {positive_.name};
  }

  torch::Tensor Loss(Encodings& encodings, NamedTensors& metrics) override {
    const auto anchor = encodings.Features(observation_.name);  // [B, feature_dim]
    auto other = config_.symmetric ? encodings.Features(positive_.name)
                                   : encodings.KeyFeatures(positive_.name);
    if (common_.shuffled_positives) other = ShuffleRows(other);
    const auto frozen = steps_.lt(config_.freeze_steps);
    const auto prototypes = torch::where(frozen, prototypes_.detach(), prototypes_);

    std::vector<torch::Tensor> small;  // scores [B, K] of each extra view
    for (std::int64_t n = 1; n <= config_.extra_views; ++n) {
      small.push_back(Predicted(encodings.Features(Resized(encodings, Extra(n).name)), prototypes));
    }
    projected_ = Projected(other);
    const auto codes = Codes(projected_);
    const auto one = Predict(Predicted(anchor, prototypes), small, codes);
    auto loss = one.loss;
    if (config_.symmetric) {
      const auto back = Predict(Predicted(other, prototypes), small, Codes(Projected(anchor)));
      loss = 0.5 * (loss + back.loss);
    }
    metrics["contrastive_loss"] = loss.detach();
    metrics["code_accuracy"] = one.accuracy;
    metrics["code_entropy"] = one.code_entropy;
    metrics["prototypes_used"] = one.prototypes_used.to(torch::kFloat32);
    AddPairMetrics(encodings.beside(), anchor.detach(), other.detach(), metrics);
    return loss;
  }

  std::vector<std::string> metric_names() const override {
    auto names = PairMetricNames();
    for (const char* own : {"code_accuracy", "code_entropy", "prototypes_used"}) {
      names.emplace_back(own);
    }
    return names;
  }

  void AfterStep(Encodings& encodings) override {
    prototypes_.copy_(Unit(prototypes_));
    steps_.add_(1);
    if (config_.queue_size > 0) Push(queue_, projected_, encodings.batch().at("transition"));
    projected_.reset();
  }

  void MoveMomentum(double tau) override {
    if (!key_head_.is_empty()) MomentumUpdate(*head_, *key_head_, tau);
  }

 private:
  // A small window of the observation.
  replay::View Extra(std::int64_t n) const {
    auto view = observation_;
    view.name = "swav_small_" + std::to_string(n);
    view.window = replay::Window::kRandomCrop;
    view.crop_range = replay::CropRange::kInclusive;
    view.size = config_.extra_view_size;
    return view;
  }

  // The view `name` at the encoder's size, under the name that is given back.
  std::string Resized(Encodings& encodings, const std::string& name) const {
    const auto& pixels = encodings.Pixels(name);
    const auto large =
        torch::upsample_bilinear2d(pixels.to(torch::kFloat32), {image_size_, image_size_},
                                   /*align_corners=*/false)
            .to(pixels.scalar_type())
            .contiguous(torch::MemoryFormat::ChannelsLast);
    encodings.AddView(name + "_resized", large);
    return name + "_resized";
  }

  // Scores [B, K] with gradient of features [B, feature_dim].
  torch::Tensor Predicted(const torch::Tensor& features, const torch::Tensor& prototypes) {
    auto rows = head_(features);
    if (!predictor_.is_empty()) rows = predictor_(rows);
    return DotLogits(Unit(rows), prototypes);
  }

  // Unit rows [B, D] whose codes are the targets.
  torch::Tensor Projected(const torch::Tensor& features) {
    const torch::NoGradGuard no_grad;
    return Unit(config_.symmetric ? head_(features) : key_head_(features));
  }

  // Codes [B, K] of unit rows [B, D], beside the queue's.
  torch::Tensor Codes(const torch::Tensor& rows) const {
    const torch::NoGradGuard no_grad;
    const auto scores = DotLogits(rows, prototypes_);
    if (config_.queue_size == 0) {
      return Sinkhorn(scores, config_.sinkhorn_epsilon, config_.sinkhorn_iterations);
    }
    const auto all = torch::cat({scores, DotLogits(queue_.rows, prototypes_)});
    const auto there =
        torch::cat({torch::ones({rows.size(0)}, queue_.rows.options()).to(torch::kBool),
                    EmptyRows(queue_).logical_not()});
    return Sinkhorn(all, config_.sinkhorn_epsilon, config_.sinkhorn_iterations, there)
        .narrow(0, 0, rows.size(0));
  }

  // The mean over a view's prediction and those of the extra views; the rest is the view's.
  CodeLoss Predict(const torch::Tensor& scores, const std::vector<torch::Tensor>& small,
                   const torch::Tensor& codes) const {
    auto result = PredictCodes(scores, codes, config_.temperature);
    for (const auto& extra : small) {
      result.loss = result.loss + PredictCodes(extra, codes, config_.temperature).loss;
    }
    result.loss = result.loss / static_cast<double>(1 + small.size());
    return result;
  }

  SwavConfig config_;
  ObjectiveCommon common_;
  std::int64_t image_size_;
  replay::View observation_, positive_;
  Head head_{nullptr};
  Head key_head_{nullptr};    // null: symmetric
  Head predictor_{nullptr};   // null: none
  torch::Tensor prototypes_;  // float32 [K, D], unit rows
  torch::Tensor steps_;       // int64 scalar, steps taken
  torch::Tensor projected_;   // [B, D] the positive's in this step, between Loss and AfterStep
  RingQueue queue_;           // unit rows [queue_size, D]; undefined: none
};

}  // namespace

std::shared_ptr<Objective> Make(const SwavConfig& config, const ObjectiveCommon& common,
                                const ObjectiveContext& context) {
  return std::make_shared<Swav>(config, common, context);
}

}  // namespace curl_rl::encoders
