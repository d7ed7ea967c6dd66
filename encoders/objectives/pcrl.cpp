// PCRL's objective (Zhou et al. 2021): contrast that also preserves what the pixels were.
//
//   contrast        InfoNCE of f W k^T, f = encoder(observation), k = key encoder(second crop)
//   reconstruction  mean (decoder(s f a(T1) + (1 - s) k a(T2)) - s T1(x1) - (1 - s) T2(x2))^2
//
// T1 and T2 turn and flip the *target*, never what an encoder sees; the attention a tells the
// decoder which (a = sigmoid(mlp(indicator)), a factor a feature). s in [1/2, 1] mixes both
// encoders' features; pixels x are standardised by the replay's mean and deviation. The decoder
// has no skip connections, unlike PCRL's U-Net: with them it would copy, and f learn nothing.
//
// `form: paper` adds what PCRL has besides, of pictures m that are mixed with another row's by a
// share of [1/2, 1], the same for both views: the contrasts of f(m1) with k(m2) and with k(x2)
// mixed, and the decodings of f alone, of f(m1) alone and of f(m1) and k(m2) mixed. Those of mixed
// pictures have no attention and plain targets: no one symmetry is theirs. Each kind is averaged.
#include "encoders/objectives/pcrl.h"

#include <torch/utils.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "encoders/initialization.h"
#include "encoders/losses/softmax.h"
#include "encoders/objective.h"
#include "encoders/objectives/pair_metrics.h"
#include "encoders/objectives/pixel_decoder.h"
#include "encoders/objectives/symmetries.h"

namespace curl_rl::encoders {
namespace {

constexpr const char* kSymmetries = "pcrl.symmetries";  // uniform [2 B, 3], of both views
constexpr const char* kShares = "pcrl.shares";          // uniform [4, B]: of the first encoder's
                                                        // features, twice; of pictures; an order
constexpr std::int64_t kStandardizedBy = 256;           // observations

class Pcrl : public Objective {
 public:
  Pcrl(const PcrlConfig& config, const ObjectiveCommon& common, const ObjectiveContext& context)
      : config_(config), common_(common), observation_(context.view), positive_(context.view) {
    if (context.batch_size < 2) {
      throw std::invalid_argument("agent.batch_size: got " + std::to_string(context.batch_size) +
                                  ", allowed: at least 2 (other rows are the negatives)");
    }
    observation_.name = "observation";
    positive_.name = "pcrl_positive";
    const auto features = context.encoder.feature_dim;
    auto stream = context.stream;
    w_ = register_parameter("W", torch::empty({features, features}).uniform_(0.0, 1.0, stream));
    hidden_ = register_module("attention_hidden", torch::nn::Linear(6, config.attention_hidden));
    attention_ = register_module("attention", torch::nn::Linear(config.attention_hidden, features));
    InitLinear(hidden_, stream);
    InitLinear(attention_, stream);
    decoder_ = register_module("decoder", PixelDecoder(context.encoder, stream));
    const std::vector<std::int64_t> channels = {1, context.encoder.channels, 1, 1};
    mean_ = register_buffer("pixel_mean", torch::zeros(channels));
    deviation_ = register_buffer("pixel_deviation", torch::ones(channels));
    contrast_norm_ = register_buffer("contrast_norm", torch::zeros({}));
    reconstruction_norm_ = register_buffer("reconstruction_norm", torch::zeros({}));
  }

  std::vector<replay::View> Views() const override { return {observation_, positive_}; }
  std::vector<std::string> key_views() const override { return {positive_.name}; }

  void DrawNoise(std::int64_t rows, at::Generator& stream, NamedTensors& noise) const override {
    DrawUniform(kSymmetries, {2 * rows, 3}, stream, noise);
    DrawUniform(kShares, {4, rows}, stream, noise);
  }

  // A pixel of the paper's U-Net begins near 0 and 1 in size; so does one that is standardised.
  std::int64_t refresh_every() const override { return kOnce; }
  void Refresh(const FeatureReader& reader) override {
    const auto stored = reader.end - reader.begin;
    const auto count = std::min(kStandardizedBy, stored);
    const auto evenly =
        reader.begin + torch::div(torch::arange(count, torch::kInt64) * stored, count, "trunc");
    const auto pixels = reader.pixels(evenly).to(torch::kFloat32);
    mean_.copy_(pixels.mean(std::vector<std::int64_t>{0, 2, 3}, true));
    // A channel of one colour would be divided by nothing: at least a grey level.
    deviation_.copy_((pixels - mean_)
                         .square()
                         .mean(std::vector<std::int64_t>{0, 2, 3}, true)
                         .sqrt()
                         .clamp_min(1.0 / 255.0));
  }

  torch::Tensor Loss(Encodings& encodings, NamedTensors& metrics) override {
    const auto f = encodings.Features(observation_.name);  // [B, feature_dim]
    const auto k = encodings.KeyFeatures(positive_.name);  // [B, feature_dim]
    const auto own = common_.shuffled_positives ? ShuffleRows(k) : k;
    const auto for_contrast = Measured(f, contrast_norm_);
    const auto for_pixels = Measured(f, reconstruction_norm_);
    auto contrast = Contrast(for_contrast, own);
    auto error = Plain(encodings, for_pixels, k);
    if (config_.form == PcrlForm::kPaper) {
      const auto mixed = Mixed(encodings, k);
      contrast = (contrast + mixed.contrast) / 3.0;
      error = (error + mixed.error) / 4.0;
    }
    metrics["contrastive_loss"] = contrast.detach();
    metrics["reconstruction_loss"] = error.detach();
    metrics["gradient_ratio"] = reconstruction_norm_ / contrast_norm_.clamp_min(1e-12);
    AddPairMetrics(encodings.beside(), f.detach(), own, metrics);
    return config_.contrast_weight * contrast + config_.reconstruction_weight * error;
  }

  std::vector<std::string> metric_names() const override {
    auto names = PairMetricNames();
    names.emplace_back("reconstruction_loss");
    names.emplace_back("gradient_ratio");
    return names;
  }

 private:
  struct Terms {
    torch::Tensor contrast, error;  // scalars, sums of the terms of mixed pictures
  };

  // `features` as they are; `norm` is left the norm of the gradient that the backward pass brings,
  // so that measuring it takes no pass of its own.
  static torch::Tensor Measured(const torch::Tensor& features, const torch::Tensor& norm) {
    auto same = features.view_as(features);
    if (same.requires_grad()) {
      same.register_hook([norm](const torch::Tensor& gradient) {
        const torch::NoGradGuard no_grad;
        auto place = norm;
        place.copy_(gradient.norm());
      });
    }
    return same;
  }

  torch::Tensor Contrast(const torch::Tensor& anchor, const torch::Tensor& key) const {
    return InfoNce(BilinearLogits(anchor, w_, key)).loss;
  }

  torch::Tensor Attention(const Symmetries& symmetries) {
    return attention_(hidden_(Indicator(symmetries)).relu()).sigmoid();  // [B, feature_dim]
  }

  // A share in [1/2, 1] a row: the larger part of a Beta(1, 1) pair.
  static torch::Tensor Share(const Encodings& encodings, std::int64_t of) {
    const auto uniform = encodings.noise(kShares)[of].unsqueeze(1);  // [B, 1]
    return torch::maximum(uniform, 1.0 - uniform);
  }

  // share first + (1 - share) second.
  static torch::Tensor Mix(const torch::Tensor& share, const torch::Tensor& first,
                           const torch::Tensor& second) {
    return torch::lerp(second, first, first.dim() == 4 ? share.view({-1, 1, 1, 1}) : share);
  }

  torch::Tensor Pixels(const Encodings& encodings, const replay::View& view) const {
    return encodings.Pixels(view.name).to(torch::kFloat32);
  }

  // Mean squared error of what is decoded of `features` against `target`, in [0, 1].
  torch::Tensor Error(const torch::Tensor& features, const torch::Tensor& target) {
    auto standardized = (target - mean_).div_(deviation_);
    if (common_.shuffled_positives) standardized = ShuffleRows(standardized);
    return SquaredError(decoder_(features), standardized);
  }

  // Of the pictures as they are.
  torch::Tensor Plain(const Encodings& encodings, const torch::Tensor& f, const torch::Tensor& k) {
    const auto rows = f.size(0);
    const auto& uniform = encodings.noise(kSymmetries);
    const auto first = SymmetriesOf(uniform.narrow(0, 0, rows));
    const auto second = SymmetriesOf(uniform.narrow(0, rows, rows));
    const auto of_f = f * Attention(first), of_k = k * Attention(second);
    const auto target = Apply(first, Pixels(encodings, observation_));
    const auto share = Share(encodings, 0);
    const auto other = Apply(second, Pixels(encodings, positive_));
    const auto hybrid = Error(Mix(share, of_f, of_k), Mix(share, target, other));
    return config_.form == PcrlForm::kLight ? hybrid : hybrid + Error(of_f, target);
  }

  // Of pictures mixed with another row's.
  Terms Mixed(Encodings& encodings, const torch::Tensor& k) {
    const auto order = encodings.noise(kShares)[3].argsort();
    const auto share = Share(encodings, 2);
    const auto mix = [&](const torch::Tensor& rows) {
      return Mix(share, rows, rows.index_select(0, order));
    };
    const auto x1 = mix(Pixels(encodings, observation_)), x2 = mix(Pixels(encodings, positive_));
    encodings.AddView("pcrl_mixed_observation", x1);
    encodings.AddView("pcrl_mixed_positive", x2);
    const auto f = encodings.Features("pcrl_mixed_observation");
    const auto mixed_k = encodings.KeyFeatures("pcrl_mixed_positive");
    const auto own = [&](const torch::Tensor& keys) {
      return common_.shuffled_positives ? ShuffleRows(keys) : keys;
    };
    const auto of_both = Share(encodings, 1);
    return {Contrast(f, own(mixed_k)) + Contrast(f, own(mix(k))),
            Error(f, x1) + Error(Mix(of_both, f, mixed_k), Mix(of_both, x1, x2))};
  }

  PcrlConfig config_;
  ObjectiveCommon common_;
  replay::View observation_, positive_;
  torch::Tensor w_;  // float32 [feature_dim, feature_dim]
  torch::nn::Linear hidden_{nullptr}, attention_{nullptr};
  PixelDecoder decoder_{nullptr};
  torch::Tensor mean_, deviation_;                     // of pixels in [0, 1], [1, channels, 1, 1]
  torch::Tensor contrast_norm_, reconstruction_norm_;  // of the last gradients by f
};

}  // namespace

std::shared_ptr<Objective> Make(const PcrlConfig& config, const ObjectiveCommon& common,
                                const ObjectiveContext& context) {
  return std::make_shared<Pcrl>(config, common, context);
}

}  // namespace curl_rl::encoders
