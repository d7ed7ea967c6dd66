// Supervised contrastive segmentation (Wang et al. 2021, "Exploring Cross-Image Pixel Contrast for
// Semantic Segmentation"), on the cells of the encoder's maps. Its supervision is a clustering.
//
//   class of a cell  the cluster of the *key* encoder's cell, in a second crop, that sees the same
//                    place of the same frames; none where the crops do not overlap
//   classification   cross-entropy of a linear classifier of cells, every class weighing alike
//   contrast         per own row p, -ln e^(ip) / (e^(ip) + sum over others n of e^(in)), e =
//                    cosine/temperature of projected cells, mean over p; rows are the anchors of
//                    the whole batch and a memory of regions: means of a class in one picture
//   loss             classification + contrast_weight * contrast, the latter after a warm-up
//
// Anchors are equally many of each class, half of them drawn first among the cells that the
// classifier gets wrong. Trained are the convolutions: what follows them learns from the critic.
//
// Centroids are k-means' of the key encoder's cells (unit rows), taken up from the old ones, so
// that a class stays what it was.
#include "encoders/objectives/segmentation.h"

#include <torch/utils.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "encoders/initialization.h"
#include "encoders/losses/class_memory.h"
#include "encoders/losses/maps.h"
#include "encoders/losses/prototypes.h"
#include "encoders/momentum.h"
#include "encoders/objective.h"
#include "encoders/objectives/heads.h"
#include "encoders/objectives/pair_metrics.h"

namespace curl_rl::encoders {
namespace {

constexpr const char* kOrder = "segmentation.order";  // uniform [B cells]: which become anchors
constexpr std::int64_t kStride = 2;                   // pixels between neighbouring cells

void Refuse(const std::string& key, std::int64_t got, const std::string& allowed) {
  throw std::invalid_argument(key + ": got " + std::to_string(got) + ", allowed: " + allowed);
}

// Rows of the identity, 0 where a label is -1: float32 [..., classes].
torch::Tensor Membership(const torch::Tensor& labels, std::int64_t classes) {
  const auto all = torch::arange(classes, labels.options());
  return labels.unsqueeze(-1).eq(all).to(torch::kFloat32);
}

class Segmentation : public Objective {
 public:
  Segmentation(const SegmentationConfig& config, const ObjectiveCommon& common,
               const ObjectiveContext& context)
      : config_(config),
        common_(common),
        encoder_(context.encoder),
        side_(MapSide(context.encoder)),
        observation_(context.view),
        positive_(context.view) {
    Check(context);
    observation_.name = "observation";
    positive_.name = "segmentation_positive";
    HeadConfig head;
    head.hidden = config.hidden;
    head.dim = config.dim;
    const auto filters = encoder_.num_filters;
    projection_ = register_module("projection", Head(filters, head, context.stream));
    key_projection_ = register_module("key_projection", MomentumCopy(projection_, filters, head));
    classifier_ = register_module("classifier", torch::nn::Linear(filters, config.clusters));
    InitLinear(classifier_, context.stream);
    memory_ = MakeClassMemory(config.clusters, config.region_memory, config.dim, torch::kFloat32);
    register_buffer("memory_rows", memory_.rows);
    register_buffer("memory_pointer", memory_.pointer);
    register_buffer("memory_filled", memory_.filled);
    centroids_ = register_buffer("centroids", torch::zeros({config.clusters, filters}));
    clustered_ = register_buffer("clustered", torch::zeros({}, torch::kInt64));
    updates_ = register_buffer("updates", torch::zeros({}, torch::kInt64));
  }

  std::vector<replay::View> Views() const override { return {observation_, positive_}; }
  std::vector<std::string> key_views() const override { return {positive_.name}; }

  void DrawNoise(std::int64_t rows, at::Generator& stream, NamedTensors& noise) const override {
    DrawUniform(kOrder, {rows * side_ * side_}, stream, noise);
  }

  torch::Tensor Loss(Encodings& encodings, NamedTensors& metrics) override {
    const auto cells = Cells(encodings.Maps(observation_.name));  // [B cells, filters]
    key_labels_ = KeyLabels(encodings);
    const auto labels = LabelsOfObservation(encodings).flatten();  // [B cells], -1: none
    const auto scores = classifier_(cells);                        // [B cells, clusters]
    const auto predicted = scores.detach().argmax(1);              // [B cells]
    const auto confusion = Confusion(labels, predicted);
    const auto classification = Classification(scores, labels, confusion.sum(1));
    const auto contrast = Contrast(cells, labels, predicted, encodings.noise(kOrder));
    const auto warm = updates_.ge(config_.warmup_steps);
    metrics["contrastive_loss"] = contrast.detach();
    metrics["classification_loss"] = classification.detach();
    AddSegmentationMetrics(confusion, metrics);
    {
      const torch::NoGradGuard no_grad;  // these features train nothing
      AddPairMetrics(encodings.beside(), encodings.Features(observation_.name),
                     encodings.KeyFeatures(positive_.name), metrics);
    }
    const auto weighted = config_.contrast_weight * contrast;
    return classification + torch::where(warm, weighted, torch::zeros_like(weighted));
  }

  std::vector<std::string> metric_names() const override {
    auto names = PairMetricNames();
    for (const char* own :
         {"classification_loss", "segmentation_accuracy", "segmentation_iou", "regions_filled"}) {
      names.emplace_back(own);
    }
    return names;
  }

  // The key view's regions, a mean a class and picture, join the memory.
  void AfterStep(Encodings& encodings) override {
    const auto cells = Cells(encodings.KeyMaps(positive_.name));
    const auto rows = encodings.batch().size();
    const auto embedded = key_projection_(cells).view({rows, side_ * side_, config_.dim});
    const auto member = Membership(key_labels_, config_.clusters);  // [B, cells, C]
    key_labels_ = torch::Tensor();
    const auto count = member.sum(1);  // [B, C]
    // The mean of unit rows but for its length: the few memberships are divided, not the rows.
    const auto of_unit = member / embedded.norm(2, {2}, true).clamp_min(1e-12);
    const auto mean = of_unit.transpose(1, 2).bmm(embedded);  // [B, C, dim]
    const auto classes = torch::arange(config_.clusters, updates_.options());
    const auto labels =
        torch::where(count.gt(0), classes.unsqueeze(0), torch::full_like(classes, -1).unsqueeze(0));
    PushOfClass(memory_, Unit(mean).flatten(0, 1), labels.flatten());
    updates_.add_(1);
  }

  void MoveMomentum(double tau) override { MomentumUpdate(*projection_, *key_projection_, tau); }

  std::int64_t refresh_every() const override { return config_.refresh_every; }

  void Refresh(const FeatureReader& reader) override {
    auto stream = reader.stream;
    const auto drawn = torch::randint(reader.begin, reader.end, {config_.refresh_rows}, stream,
                                      torch::TensorOptions(torch::kInt64).device(stream.device()));
    const auto cells = Unit(Cells(reader.key_maps(drawn.to(torch::kCPU))));
    auto start = centroids_;
    if (clustered_.item<std::int64_t>() == 0) {
      const auto order = torch::rand(cells.size(0), stream, cells.options()).argsort();
      start = cells.index_select(0, order.narrow(0, 0, config_.clusters));
    }
    centroids_.copy_(KMeans(cells, start).centroids);
    clustered_.fill_(1);
  }

 private:
  void Check(const ObjectiveContext& context) const {
    if (config_.regions == Regions::kSimulator) {
      throw std::invalid_argument(
          "regions: got 'simulator', allowed: clusters (the replay keeps no second picture of each "
          "frame, as labels by a simulator would be)");
    }
    if (context.batch_size < 2) {
      Refuse("agent.batch_size", context.batch_size,
             "at least 2 (the measures of pairs take another row)");
    }
    const auto cells = side_ * side_;
    if (config_.clusters > config_.refresh_rows * cells) {
      Refuse("clusters", config_.clusters,
             "at most " + std::to_string(config_.refresh_rows * cells) +
                 ", the cells that are clustered (refresh_rows x " + std::to_string(cells) + ")");
    }
    if (config_.anchors < 2 * config_.clusters) {
      Refuse("anchors", config_.anchors,
             "at least " + std::to_string(2 * config_.clusters) + ", two a cluster");
    }
    const auto of_class = config_.anchors / config_.clusters;
    if (of_class > context.batch_size * cells) {
      Refuse("anchors", config_.anchors,
             "at most " + std::to_string(context.batch_size * cells * config_.clusters) +
                 ", every cell of a batch for every cluster");
    }
  }

  // A row a cell: float32 [B cells, filters].
  torch::Tensor Cells(const torch::Tensor& maps) const {
    return maps.reshape({-1, encoder_.num_filters}).to(torch::kFloat32);
  }

  // The cluster of each cell of the key view, [B, cells].
  torch::Tensor KeyLabels(Encodings& encodings) const {
    const torch::NoGradGuard no_grad;
    const auto cells = Cells(encodings.KeyMaps(positive_.name));
    // The centroid c nearest to x / |x| has the largest <x, c> - |x| |c|^2 / 2.
    const auto half = 0.5 * centroids_.square().sum(1);
    // Of a cell of zeros it is the one nearest to 0, as among unit rows.
    const auto length = cells.norm(2, {1}, true).clamp_min(1e-12);
    const auto near = cells.mm(centroids_.t()).addcmul_(length, half, -1.0);
    return near.argmax(1).view({-1, side_ * side_});
  }

  // That of the key view's cell at the same place of the frame for each cell of the observation,
  // [B, cells]; -1 where there is none. Half a cell between two windows is rounded up.
  torch::Tensor LabelsOfObservation(Encodings& encodings) const {
    auto labels = key_labels_;
    // The control takes another row's, from half a map away: what stands still in all pictures is
    // no longer right either.
    if (common_.shuffled_positives) labels = ShuffleRows(labels).roll(side_ * side_ / 2, 1);
    const auto& batch = encodings.batch();
    const auto apart =
        batch.at(observation_.name + ".offsets") - batch.at(positive_.name + ".offsets");  // [B, 2]
    const auto moved = torch::div(apart + kStride / 2, kStride, "floor");
    const auto place = torch::arange(side_, labels.options());
    const auto row = place.view({1, side_, 1}) + moved.select(1, 0).view({-1, 1, 1});
    const auto column = place.view({1, 1, side_}) + moved.select(1, 1).view({-1, 1, 1});
    const auto inside = [&](const torch::Tensor& at) { return at.ge(0).logical_and(at.lt(side_)); };
    const auto seen = inside(row).logical_and(inside(column)).flatten(1);  // [B, cells]
    const auto at = (row * side_ + column).flatten(1).clamp(0, side_ * side_ - 1);
    return torch::where(seen, labels.gather(1, at), torch::full_like(at, -1));
  }

  // How many cells of each class (rows) were said to be of each: float32 [C, C], exact.
  torch::Tensor Confusion(const torch::Tensor& labels, const torch::Tensor& predicted) const {
    const auto classes = config_.clusters;
    const auto known = labels.ge(0);
    const auto pair = torch::where(known, labels * classes + predicted, torch::zeros_like(labels));
    return torch::zeros({classes * classes}, centroids_.options())
        .scatter_add_(0, pair, known.to(torch::kFloat32))
        .view({classes, classes});
  }

  // Mean over the classes there are of the mean over their cells, most of which show the
  // background. `count` [C]: the cells of each class.
  torch::Tensor Classification(const torch::Tensor& scores, const torch::Tensor& labels,
                               const torch::Tensor& count) const {
    const auto share = count.gt(0) / (count.clamp_min(1.0) * count.gt(0).sum().clamp_min(1));
    const auto label = labels.clamp_min(0);
    const auto weight =
        torch::where(labels.ge(0), share.index_select(0, label), torch::zeros({}, share.options()));
    return -scores.log_softmax(1).gather(1, label.unsqueeze(1)).squeeze(1).dot(weight);
  }

  // Places among all cells, int64 [clusters, n], and which of them are of the class (a class may
  // have fewer cells), bool [clusters, n].
  struct Drawn {
    torch::Tensor places, valid;
  };

  // In random order, the first half with wrongly classified cells first, the rest with right ones.
  Drawn DrawAnchors(const torch::Tensor& labels, const torch::Tensor& predicted,
                    const torch::Tensor& order) const {
    const torch::NoGradGuard no_grad;
    const auto classes = torch::arange(config_.clusters, labels.options());
    const auto of_class = labels.unsqueeze(0).eq(classes.unsqueeze(1));  // [C, B cells]
    const auto wrong = predicted.ne(labels).to(order.dtype());
    const auto ranked = [&](const torch::Tensor& first) {
      const auto key = (order + first).unsqueeze(0);
      return torch::where(of_class, key, torch::full_like(key, -1.0));
    };
    const auto count = config_.anchors / config_.clusters, hard = count / 2;
    const auto [hard_key, hard_place] = ranked(wrong).topk(hard, 1);
    const auto rest = ranked(1.0 - wrong).scatter(1, hard_place, -1.0);
    const auto [easy_key, easy_place] = rest.topk(count - hard, 1);
    return {torch::cat({hard_place, easy_place}, 1), torch::cat({hard_key, easy_key}, 1).ge(0.0)};
  }

  torch::Tensor Contrast(const torch::Tensor& cells, const torch::Tensor& labels,
                         const torch::Tensor& predicted, const torch::Tensor& order) {
    const auto drawn = DrawAnchors(labels, predicted, order);
    const auto anchors = projection_(cells.index_select(0, drawn.places.flatten()));
    const auto classes = torch::arange(config_.clusters, labels.options()).unsqueeze(1);
    const auto anchor_labels =
        torch::where(drawn.valid, classes, torch::full_like(classes, -1)).flatten();
    const auto rows = torch::cat({anchors, memory_.rows.flatten(0, 1)});
    const auto row_labels = torch::cat({anchor_labels, LabelsOf(memory_)});
    return PixelContrast(anchors, anchor_labels, rows, row_labels, config_.temperature,
                         /*among_themselves=*/true)
        .loss;
  }

  // Of the cells that have a class: the share that is classified right, and the mean over the
  // classes there are of intersection over union.
  void AddSegmentationMetrics(const torch::Tensor& confusion, NamedTensors& metrics) const {
    const auto right = confusion.diag(), count = confusion.sum(1);  // [C]
    metrics["segmentation_accuracy"] = right.sum() / count.sum().clamp_min(1.0);
    const auto either = count + confusion.sum(0) - right;
    metrics["segmentation_iou"] = MeanWhere(count.gt(0), right / either.clamp_min(1.0));
    metrics["regions_filled"] =
        memory_.filled.to(torch::kFloat32).mean() / static_cast<double>(config_.region_memory);
  }

  SegmentationConfig config_;
  ObjectiveCommon common_;
  EncoderOptions encoder_;
  std::int64_t side_;
  replay::View observation_, positive_;
  Head projection_{nullptr}, key_projection_{nullptr};  // of cells
  torch::nn::Linear classifier_{nullptr};
  ClassMemory memory_;                   // unit rows, the key projection's means
  torch::Tensor centroids_, clustered_;  // [clusters, filters]; whether there are any
  torch::Tensor updates_;
  torch::Tensor key_labels_;  // [B, cells], from a loss to what follows its step
};

}  // namespace

std::shared_ptr<Objective> Make(const SegmentationConfig& config, const ObjectiveCommon& common,
                                const ObjectiveContext& context) {
  return std::make_shared<Segmentation>(config, common, context);
}

}  // namespace curl_rl::encoders
