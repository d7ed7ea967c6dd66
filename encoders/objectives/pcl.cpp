// PCL's objective (Li et al. 2021): expectation by k-means, maximisation by contrast.
//
//   z = unit head(encoder(observation)), k = unit key_head(key_encoder(second crop))
//   loss = InfoNCE(z k^T / T) + mean over granularities of
//          mean -ln exp(z c_own / phi_own) / sum_c exp(z c / phi_c)
//
// Every refresh_every gradient steps the keys of transitions drawn from the whole replay are
// clustered anew, from where the centroids were; phi says how loose a cluster is. A row's own
// cluster is the one whose centroid is nearest to its key, so that transitions stored since have
// one too. Before the first clustering there is no second term.
#include "encoders/objectives/pcl.h"

#include <torch/utils.h>

#include <algorithm>
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

constexpr std::int64_t kChunk = 256;  // observations that a refresh encodes at a time

class PclObjective : public Objective {
 public:
  PclObjective(const PclConfig& config, const ObjectiveCommon& common,
               const ObjectiveContext& context)
      : config_(config), common_(common), observation_(context.view), positive_(context.view) {
    RequireOtherRows(context, "other rows are the negatives");
    RequireQueueOfABatch(config.queue_size, context);
    RequireClusters(config.refresh_rows, "refresh_rows");
    RequireClusters(context.replay_capacity, "replay_capacity");
    observation_.name = "observation";
    positive_.name = "pcl_positive";
    const auto features = context.encoder.feature_dim;
    head_ = register_module("head", Head(features, config.projection, context.stream));
    key_head_ = register_module("key_head", MomentumCopy(head_, features, config.projection));
    const auto dim = head_->out_dim();
    for (std::int64_t i = 0; i < config.granularities; ++i) {
      const auto size = std::to_string(ClustersOf(i));
      Granularity one;
      one.centroids = register_buffer("centroids_" + size, torch::zeros({ClustersOf(i), dim}));
      one.concentrations = register_buffer("concentrations_" + size,
                                           torch::full({ClustersOf(i)}, config.temperature));
      granularities_.push_back(one);
    }
    steps_ = register_buffer("steps", torch::zeros({}, torch::kInt64));
    refreshes_ = register_buffer("refreshes", torch::zeros({}, torch::kInt64));
    if (config.queue_size > 0) queue_ = RegisterQueue(*this, config.queue_size, dim);
  }

  std::vector<replay::View> Views() const override { return {observation_, positive_}; }
  std::vector<std::string> key_views() const override { return {positive_.name}; }

  torch::Tensor Loss(Encodings& encodings, NamedTensors& metrics) override {
    const auto anchor = encodings.Features(observation_.name);  // [B, feature_dim]
    auto key = encodings.KeyFeatures(positive_.name);           // [B, feature_dim]
    if (common_.shuffled_positives) key = ShuffleRows(key);
    const auto projected = head_(anchor);
    const auto keys = Keys(key);
    auto logits = CosineLogits(projected, keys, config_.temperature);  // [B, B]
    if (config_.queue_size > 0) {
      const auto of_queue = LogitsOfQueue(projected, queue_, encodings.batch().at("transition"),
                                          config_.id_window, config_.temperature);
      logits = torch::cat({logits, of_queue}, 1);
    }
    const auto instance = InfoNce(logits).loss;
    const auto whole = Pcl(instance, Unit(projected), Sets(keys));
    const auto clustered = refreshes_.gt(0);
    const auto prototype =
        torch::where(clustered, whole.prototype, torch::zeros_like(whole.prototype));
    const auto loss = instance + prototype;
    metrics["contrastive_loss"] = loss.detach();
    metrics["prototype_loss"] = prototype.detach();
    AddClusterMetrics(whole, keys, metrics);
    AddPairMetrics(encodings.beside(), anchor.detach(), key, metrics);
    return loss;
  }

  std::vector<std::string> metric_names() const override {
    auto names = PairMetricNames();
    for (const char* own : {"prototype_loss", "cluster_accuracy", "clusters_used",
                            "concentration_min", "concentration_max"}) {
      names.emplace_back(own);
    }
    return names;
  }

  void AfterStep(Encodings& encodings) override {
    steps_.add_(1);
    if (config_.queue_size == 0) return;
    Push(queue_, Keys(encodings.KeyFeatures(positive_.name)), encodings.batch().at("transition"));
  }

  void MoveMomentum(double tau) override { MomentumUpdate(*head_, *key_head_, tau); }

  std::int64_t refresh_every() const override { return config_.refresh_every; }

  // The E-step.
  void Refresh(const FeatureReader& reader) override {
    if (steps_.item<std::int64_t>() < config_.warmup_steps) return;
    const auto points = DrawPoints(reader);  // [M, D], unit rows
    const bool first = refreshes_.item<std::int64_t>() == 0;
    for (auto& one : granularities_) {
      const auto count = one.centroids.size(0);
      const auto initial = first
                               ? points.index_select(0, Draw(points.size(0), count, reader.stream))
                               : one.centroids.clone();
      const auto clusters = KMeans(points, initial, config_.kmeans_iterations);
      one.centroids.copy_(clusters.centroids);
      one.concentrations.copy_(Concentrations(points, clusters, config_.temperature));
    }
    refreshes_.add_(1);
  }

 private:
  struct Granularity {
    torch::Tensor centroids;       // float32 [K, D], means of their points: not of norm 1
    torch::Tensor concentrations;  // float32 [K]
  };

  std::int64_t ClustersOf(std::int64_t granularity) const {
    return config_.clusters << granularity;
  }

  // Throws unless `points` can be made so many clusters; `what` they are.
  void RequireClusters(std::int64_t points, const std::string& what) const {
    const auto most = ClustersOf(config_.granularities - 1);
    if (most <= points) return;
    throw std::invalid_argument(
        "clusters: got " + std::to_string(config_.clusters) + ", " + std::to_string(most) +
        " in the finest of " + std::to_string(config_.granularities) +
        " granularities, allowed there: at most " + std::to_string(points) + ", " + what);
  }

  // `count` different ones of 0 .. all - 1: int64, on the stream's device.
  static torch::Tensor Draw(std::int64_t all, std::int64_t count, const at::Generator& stream) {
    return torch::randperm(all, stream, torch::TensorOptions(torch::kInt64).device(stream.device()))
        .narrow(0, 0, count);
  }

  // Keys of transitions drawn from the whole replay.
  torch::Tensor DrawPoints(const FeatureReader& reader) {
    const auto stored = reader.end - reader.begin;
    RequireClusters(stored, "the transitions stored");
    const auto rows = std::min(config_.refresh_rows, stored);
    const auto drawn = Draw(stored, rows, reader.stream).to(torch::kCPU) + reader.begin;
    std::vector<torch::Tensor> points;
    for (const auto& chunk : drawn.split(kChunk))
      points.push_back(Keys(reader.key_features(chunk)));
    return torch::cat(points);
  }

  // Unit rows [B, D] of the momentum encoder's features.
  torch::Tensor Keys(const torch::Tensor& features) {
    const torch::NoGradGuard no_grad;
    return Unit(key_head_(features));
  }

  // Prototypes of each granularity and which of them is each key's own.
  std::vector<PrototypeSet> Sets(const torch::Tensor& keys) const {
    std::vector<PrototypeSet> sets;
    for (const auto& one : granularities_) {
      sets.push_back(
          {Unit(one.centroids), one.concentrations, NearestCentroid(keys, one.centroids)});
    }
    return sets;
  }

  // Of the finest granularity but for the accuracy, which is the mean of all.
  void AddClusterMetrics(const PclLoss& loss, const torch::Tensor& keys,
                         NamedTensors& metrics) const {
    const torch::NoGradGuard no_grad;
    auto accuracy = torch::zeros_like(loss.terms.front().accuracy);
    for (const auto& term : loss.terms) accuracy = accuracy + term.accuracy;
    metrics["cluster_accuracy"] = accuracy / static_cast<double>(loss.terms.size());
    const auto& finest = granularities_.back();
    const auto own = NearestCentroid(keys, finest.centroids);
    const auto used = torch::zeros_like(finest.concentrations)
                          .index_fill(0, own, 1.0);  // a cluster twice is filled twice
    metrics["clusters_used"] = used.sum();
    metrics["concentration_min"] = finest.concentrations.min();
    metrics["concentration_max"] = finest.concentrations.max();
  }

  PclConfig config_;
  ObjectiveCommon common_;
  replay::View observation_, positive_;
  Head head_{nullptr}, key_head_{nullptr};
  std::vector<Granularity> granularities_;  // the coarsest first
  torch::Tensor steps_;                     // int64 scalar, steps taken
  torch::Tensor refreshes_;                 // int64 scalar, clusterings done
  RingQueue queue_;                         // unit rows [queue_size, D]; undefined: none
};

}  // namespace

std::shared_ptr<Objective> Make(const PclConfig& config, const ObjectiveCommon& common,
                                const ObjectiveContext& context) {
  return std::make_shared<PclObjective>(config, common, context);
}

}  // namespace curl_rl::encoders
