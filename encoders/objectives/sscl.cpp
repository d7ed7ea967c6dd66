// SSCL's objective (Shi et al. 2021, "A Simple and Effective Self-Supervised Contrastive Learning
// Framework for Aspect Detection"): an observation is a review, the cells of its maps are words.
//
//   w_i           words, a projection of each cell; m their mean
//   attention     a = softmax(smooth tanh(<W w_i + b, m>)), s_w = sum a_i w_i
//   aspects       beta = softmax(V s_w + c), s_a = sum beta_n A_n
//   contrast      InfoNCE of cosine(s_a, s_w of another crop by the momentum encoder), own row
//                 against the batch's
//   regulariser   |A A^T - I| of unit rows
//   mapping       each aspect belongs to the bin of the return where it fires most, if it fires
//                 there much more than elsewhere and fires at all (high-resolution selective
//                 mapping)
//   distillation  cross-entropy of a linear head of the features against beta of the other crop,
//                 summed over the aspects of each bin, where that is confident
//   loss          contrast + regulariser + distillation
//
// The contrast trains the convolutions; what follows them learns by the distillation. Gradients
// reach the words, unlike SSCL's: else the encoder would learn nothing.
#include "encoders/objectives/sscl.h"

#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "encoders/initialization.h"
#include "encoders/losses/maps.h"
#include "encoders/losses/prototypes.h"
#include "encoders/momentum.h"
#include "encoders/objective.h"
#include "encoders/objectives/heads.h"
#include "encoders/objectives/labels.h"
#include "encoders/objectives/pair_metrics.h"

namespace curl_rl::encoders {
namespace {

constexpr std::int64_t kStartRows = 64, kStartWords = 64;  // what the first aspects are made of

class Sscl : public Objective {
 public:
  Sscl(const SsclConfig& config, const ObjectiveCommon& common, const ObjectiveContext& context)
      : config_(config),
        common_(common),
        labels_(config.label, context.action_repeat),
        filters_(context.encoder.num_filters),
        cells_(MapSide(context.encoder) * MapSide(context.encoder)),
        observation_(context.view),
        positive_(context.view) {
    Check(context);
    observation_.name = "observation";
    positive_.name = "sscl_positive";
    HeadConfig head;
    head.kind = HeadKind::kLinear;
    head.dim = config.word_dim;
    projection_ = register_module("projection", Head(filters_, head, context.stream));
    key_projection_ = register_module("key_projection", MomentumCopy(projection_, filters_, head));
    const auto dim = config.word_dim;
    attention_ = register_module("attention", torch::nn::Linear(dim, dim));
    assign_ = register_module("assign", torch::nn::Linear(dim, config.aspects));
    InitLinear(attention_, context.stream);
    InitLinear(assign_, context.stream);
    aspects_ = register_parameter("aspects", torch::empty({config.aspects, dim}));
    InitOrthogonal(aspects_, 1.0, context.stream);
    if (config.distill) {
      head_ =
          register_module("head", torch::nn::Linear(context.encoder.feature_dim, labels_.bins()));
      InitLinear(head_, context.stream);
    }
    table_ = register_buffer("table", torch::zeros({config.aspects, labels_.bins()}));
  }

  std::vector<replay::View> Views() const override { return {observation_, positive_}; }
  std::vector<std::string> key_views() const override { return {positive_.name}; }
  std::int64_t horizon() const override { return labels_.horizon(); }

  // The first aspects are clusters of words, as SSCL's are of its word vectors.
  std::int64_t refresh_every() const override { return kOnce; }
  void Refresh(const FeatureReader& reader) override {
    auto stream = reader.stream;
    const auto whole = torch::TensorOptions(torch::kInt64).device(stream.device());
    const auto rows = torch::randint(reader.begin, reader.end, {kStartRows}, stream, whole);
    const auto words = key_projection_(Cells(reader.key_maps(rows.to(torch::kCPU))));
    const auto order = torch::rand({kStartRows, cells_}, stream, words.options()).argsort();
    const auto some = order.narrow(1, 0, std::min(kStartWords, cells_)).unsqueeze(2);
    const auto points =
        words.gather(1, some.expand({-1, -1, config_.word_dim})).flatten(0, 1);  // [N, word_dim]
    const auto first = torch::rand(points.size(0), stream, words.options()).argsort();
    const auto start = points.index_select(0, first.narrow(0, 0, config_.aspects));
    aspects_.copy_(KMeans(points, start).centroids);
  }

  torch::Tensor Loss(Encodings& encodings, NamedTensors& metrics) override {
    const auto segment = Segment(projection_, encodings.Maps(observation_.name));  // [B, word_dim]
    const auto mixture = Mixture(segment);                                         // s_a, the same
    const auto key = KeySegment(encodings, common_.shuffled_positives);
    const auto contrast = InfoNce(CosineLogits(mixture.segment, key, config_.temperature)).loss;
    const auto overlap = AspectOverlap(aspects_);
    auto loss = contrast + config_.regulariser * overlap;
    const auto map = Mapping();  // [aspects, bins]
    metrics["contrastive_loss"] = contrast.detach();
    metrics["aspect_overlap"] = overlap.detach();
    metrics["aspects_mapped"] = map.sum();
    metrics["bins_mapped"] = map.amax(0).sum();
    metrics["aspect_entropy"] = Entropy(mixture.soft_label.detach());
    metrics["label_entropy"] = labels_.Entropy(RowLabels(encodings));
    if (config_.distill) {
      loss = loss + Distillation(encodings.Features(observation_.name), key, map, metrics);
    }
    const torch::NoGradGuard no_grad;
    AddPairMetrics(encodings.beside(), encodings.Features(observation_.name).detach(),
                   encodings.KeyFeatures(positive_.name), metrics);
    return loss;
  }

  std::vector<std::string> metric_names() const override {
    auto names = PairMetricNames();
    for (const char* own :
         {"aspect_overlap", "aspects_mapped", "bins_mapped", "aspect_entropy", "label_entropy"}) {
      names.emplace_back(own);
    }
    if (config_.distill) {
      for (const char* own : {"distillation_loss", "rows_taught"}) names.emplace_back(own);
    }
    return names;
  }

  // How much each aspect fires in each bin: the other crop's mixtures, by the row's label.
  void AfterStep(Encodings& encodings) override {
    const auto fires = Mixture(KeySegment(encodings, false)).soft_label;  // [B, aspects]
    const auto all =
        torch::arange(labels_.bins(), torch::TensorOptions(torch::kInt64).device(fires.device()));
    const auto member =
        RowLabels(encodings).unsqueeze(1).eq(all.unsqueeze(0)).to(fires.dtype());  // [B, bins]
    const auto now = fires.t().matmul(member) / static_cast<double>(fires.size(0));
    table_.mul_(config_.table_momentum).add_(now, 1.0 - config_.table_momentum);
  }

  void MoveMomentum(double tau) override { MomentumUpdate(*projection_, *key_projection_, tau); }

 private:
  void Check(const ObjectiveContext& context) const {
    const auto refuse = [](const std::string& key, std::int64_t got, const std::string& allowed) {
      throw std::invalid_argument(key + ": got " + std::to_string(got) + ", allowed: " + allowed);
    };
    if (context.batch_size < 2) {
      refuse("agent.batch_size", context.batch_size, "at least 2 (other rows are the negatives)");
    }
    if (config_.aspects < 3 * labels_.bins()) {
      refuse("aspects", config_.aspects,
             "at least " + std::to_string(3 * labels_.bins()) +
                 ", three a bin (label.bins: " + std::to_string(labels_.bins()) + ")");
    }
    const auto words = kStartRows * std::min(kStartWords, cells_);
    if (config_.aspects > words) {
      refuse("aspects", config_.aspects,
             "at most " + std::to_string(words) + ", the cells that they are first made of");
    }
  }

  // [B, cells, filters] in the parameters' type.
  torch::Tensor Cells(const torch::Tensor& maps) const {
    return maps.reshape({-1, cells_, filters_}).to(aspects_.dtype());
  }

  // s_w [B, word_dim].
  torch::Tensor Segment(const Head& projection, const torch::Tensor& maps) const {
    return SmoothAttentionOfCells(Cells(maps), projection->last()->weight, projection->last()->bias,
                                  attention_->weight, attention_->bias, config_.smooth)
        .segment;
  }

  AspectMixture Mixture(const torch::Tensor& segment) const {
    return MixAspects(segment, assign_->weight, assign_->bias, aspects_);
  }

  // s_w of the other crop, [B, word_dim], no gradient; `shuffled`: each row gets another's.
  torch::Tensor KeySegment(Encodings& encodings, bool shuffled) {
    const torch::NoGradGuard no_grad;
    const auto key = Segment(key_projection_, encodings.KeyMaps(positive_.name));
    return shuffled ? ShuffleRows(key) : key;
  }

  torch::Tensor RowLabels(const Encodings& encodings) const {
    const auto label = labels_.Of(encodings.batch());
    return common_.shuffled_positives ? ShuffleRows(label) : label;
  }

  // 1 where an aspect belongs to a bin, [aspects, bins], no gradient; a row of zeros: to none. How
  // often a bin occurs does not count: an aspect that fires alike in all of them belongs nowhere,
  // though most rows be of one.
  torch::Tensor Mapping() const {
    const torch::NoGradGuard no_grad;
    const auto total = table_.sum().clamp_min(1e-12);
    const auto of_bin = table_.sum(0);            // [bins]
    const auto occurs = of_bin.gt(1e-4 * total);  // more than a few rows, long ago
    const auto rate = torch::where(occurs, table_ / of_bin.clamp_min(1e-12),
                                   torch::zeros_like(table_));  // aspects' shares in each bin
    const auto chance = 1.0 / occurs.sum().clamp_min(2).to(rate.dtype());
    const auto most = rate.amax(1) / rate.sum(1).clamp_min(1e-12);
    const auto pure = ((most - chance) / (1.0 - chance)).gt(config_.purity);
    const auto share = table_.sum(1) / total * static_cast<double>(config_.aspects);
    const auto kept = pure.logical_and(share.ge(config_.min_share)).logical_and(occurs.sum().ge(2));
    const auto all =
        torch::arange(labels_.bins(), torch::TensorOptions(torch::kInt64).device(table_.device()));
    const auto own = rate.argmax(1).unsqueeze(1).eq(all.unsqueeze(0));
    return own.logical_and(kept.unsqueeze(1)).to(rate.dtype());
  }

  // Mean entropy of rows that sum to 1 over that of equal shares, [N, C] -> scalar.
  static torch::Tensor Entropy(const torch::Tensor& shares) { return EntropyOfRows(shares).mean(); }
  static torch::Tensor EntropyOfRows(const torch::Tensor& shares) {
    return -torch::xlogy(shares, shares).sum(1) / std::log(static_cast<double>(shares.size(1)));
  }

  torch::Tensor Distillation(const torch::Tensor& features, const torch::Tensor& key,
                             const torch::Tensor& map, NamedTensors& metrics) {
    torch::Tensor target, taught;
    {
      const torch::NoGradGuard no_grad;
      const auto mass = Mixture(key).soft_label.matmul(map);  // [B, bins]
      const auto sum = mass.sum(1, true);
      target = mass / sum.clamp_min(1e-12);
      taught = sum.squeeze(1).gt(1e-6).logical_and(EntropyOfRows(target).le(config_.max_entropy));
    }
    const auto terms = -(target * head_(features).log_softmax(1)).sum(1);
    const auto loss = MeanWhere(taught, terms);
    metrics["distillation_loss"] = loss.detach();
    metrics["rows_taught"] = taught.to(torch::kFloat32).mean();
    return loss;
  }

  SsclConfig config_;
  ObjectiveCommon common_;
  Labels labels_;
  std::int64_t filters_, cells_;
  replay::View observation_, positive_;
  Head projection_{nullptr}, key_projection_{nullptr};  // cells to words
  torch::nn::Linear attention_{nullptr}, assign_{nullptr};
  torch::Tensor aspects_;            // [aspects, word_dim]
  torch::nn::Linear head_{nullptr};  // of the features; null: nothing is distilled
  torch::Tensor table_;              // how much aspects fire in bins, [aspects, bins]
};

}  // namespace

std::shared_ptr<Objective> Make(const SsclConfig& config, const ObjectiveCommon& common,
                                const ObjectiveContext& context) {
  return std::make_shared<Sscl>(config, common, context);
}

}  // namespace curl_rl::encoders
