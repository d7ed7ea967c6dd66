// ORE's objective (Joseph et al. 2021, "Towards Open World Object Detection"): the classes of an
// open world are the returns that an agent has come to reach.
//
//   clustering      D(f, own prototype) + sum over other prototypes of max(0, margin - D), D
//                   Euclidean, mean over rows
//   classification  cross-entropy of a linear classifier g over the known classes
//   energy          -T ln sum over the known classes of exp(g_c / T): high, where none is sure
//   loss            classification + clustering_weight * clustering
//
// Classes are 1 + the bin of the return. A bin is known once its store holds `store_size` rows; the
// rows of others are of class 0, the unknown. Stores hold the momentum encoder's features of a
// second crop; a prototype follows the mean of its store slowly. Two Weibull distributions are
// fitted to the energies of what is stored, of known classes and of the unknown one.
//
// This follows the paper where its code does otherwise: Euclidean distances (the code hands the
// margin to cdist as the order of the norm), a sum over classes, no prototype at 0 for a class
// that has no rows, one temperature where energies are fitted and where they are used.
#include "encoders/objectives/ore.h"

#include <stdexcept>
#include <string>

#include "encoders/initialization.h"
#include "encoders/losses/class_memory.h"
#include "encoders/losses/open_world.h"
#include "encoders/losses/softmax.h"
#include "encoders/objective.h"
#include "encoders/objectives/labels.h"
#include "encoders/objectives/pair_metrics.h"

namespace curl_rl::encoders {
namespace {

class Ore : public Objective {
 public:
  Ore(const OreConfig& config, const ObjectiveCommon& common, const ObjectiveContext& context)
      : config_(config),
        common_(common),
        labels_(config.label, context.action_repeat),
        observation_(context.view),
        positive_(context.view) {
    if (context.batch_size < 2) {
      throw std::invalid_argument("agent.batch_size: got " + std::to_string(context.batch_size) +
                                  ", allowed: at least 2 (classes are told from one another)");
    }
    observation_.name = "observation";
    positive_.name = "ore_positive";
    const auto features = context.encoder.feature_dim;
    const auto classes = 1 + labels_.bins();
    classifier_ = register_module("classifier", torch::nn::Linear(features, labels_.bins()));
    InitLinear(classifier_, context.stream);
    store_ = MakeClassMemory(classes, config.store_size, features, torch::kFloat32);
    register_buffer("store_rows", store_.rows);
    register_buffer("store_pointer", store_.pointer);
    register_buffer("store_filled", store_.filled);
    prototypes_ = register_buffer("prototypes", torch::zeros({classes, features}));
    has_prototype_ = register_buffer("has_prototype", torch::zeros({classes}, torch::kInt64));
    weibull_ = register_buffer("weibull", torch::ones({2, 3}));
    fitted_ = register_buffer("weibull_fitted", torch::zeros({2}, torch::kInt64));
    updates_ = register_buffer("updates", torch::zeros({}, torch::kInt64));
  }

  std::vector<replay::View> Views() const override { return {observation_, positive_}; }
  std::vector<std::string> key_views() const override { return {positive_.name}; }
  std::int64_t horizon() const override { return labels_.horizon(); }

  torch::Tensor Loss(Encodings& encodings, NamedTensors& metrics) override {
    const auto f = encodings.Features(observation_.name);  // [B, feature_dim]
    const auto label = RowLabels(encodings);               // [B], 0 .. bins-1
    const auto known = Known();                            // [1 + bins]
    const auto row_known = known.index_select(0, label + 1);
    const auto row_class = torch::where(row_known, label + 1, torch::zeros_like(label));

    const auto exists = has_prototype_.gt(0);
    const auto counted = exists.index_select(0, row_class);
    const auto clustering =
        PrototypeHinge(f, prototypes_,
                       torch::where(counted, row_class, torch::full_like(row_class, -1)),
                       config_.margin, exists)
            .loss;

    const auto logits = Logits(config_.classify == Classify::kJoint ? f : f.detach());
    const auto classification = CrossEntropy(logits, label, row_known);

    metrics["contrastive_loss"] = clustering.detach();
    metrics["classification_loss"] = classification.loss.detach();
    metrics["classification_accuracy"] = classification.accuracy;
    metrics["known_classes"] = known.sum().to(torch::kFloat32);
    metrics["label_entropy"] = labels_.Entropy(label);
    AddEnergyMetrics(logits.detach(), row_known, metrics);
    AddPairMetrics(encodings.beside(), f.detach(), encodings.KeyFeatures(positive_.name), metrics);
    return classification.loss + config_.clustering_weight * clustering;
  }

  std::vector<std::string> metric_names() const override {
    auto names = PairMetricNames();
    for (const char* own : {"classification_loss", "classification_accuracy", "known_classes",
                            "label_entropy", "energy_gap", "unknown_auroc", "weibull_accuracy"}) {
      names.emplace_back(own);
    }
    return names;
  }

  void AfterStep(Encodings& encodings) override {
    const auto keys = encodings.KeyFeatures(positive_.name);
    const auto row_class = RowLabels(encodings) + 1;
    const auto row_known = Known().index_select(0, row_class);
    PushOfClass(store_, keys, row_class);
    PushOfClass(
        store_, keys,
        torch::where(row_known, torch::full_like(row_class, -1), torch::zeros_like(row_class)));
    updates_.add_(1);
  }

  std::int64_t refresh_every() const override { return config_.refresh_every; }

  void Refresh(const FeatureReader& /*reader*/) override {
    if (updates_.item<std::int64_t>() < config_.start) return;
    auto ready = Known();
    ready[0] = store_.filled[0].gt(0);
    const auto exists = has_prototype_.gt(0);
    const auto means = MeansOf(store_);
    const auto moved = MovedPrototypes(prototypes_, means, config_.prototype_momentum);
    const auto followed = torch::where(exists.unsqueeze(1), moved, means);
    prototypes_.copy_(torch::where(ready.unsqueeze(1), followed, prototypes_));
    has_prototype_.copy_(exists.logical_or(ready));
    const auto classes = LabelsOf(store_);
    const auto energy = Energy(Logits(store_.rows.flatten(0, 1)), config_.energy_temperature);
    const auto known = Known().index_select(0, classes.clamp_min(0));
    Fit(0, energy.masked_select(classes.gt(0).logical_and(known)));
    Fit(1, energy.masked_select(classes.eq(0)));
  }

 private:
  // The bin of each row's return; for the negative control another row's.
  torch::Tensor RowLabels(const Encodings& encodings) const {
    const auto label = labels_.Of(encodings.batch());
    return common_.shuffled_positives ? ShuffleRows(label) : label;
  }

  // Classes with a full store, bool [1 + bins]; the unknown one is none of them.
  torch::Tensor Known() const {
    auto known = store_.filled.ge(config_.store_size);
    const auto classes = torch::arange(known.size(0), store_.filled.options());
    return known.logical_and(classes.gt(0));
  }

  // [N, bins]; those of classes that are not known are left out.
  torch::Tensor Logits(const torch::Tensor& features) {
    return Without(classifier_(features), Known().narrow(0, 1, labels_.bins()).logical_not());
  }

  // How well energies tell rows of unknown bins from those of known ones. Where the batch has not
  // both, or no class is known yet: 0, and 1/2 for the area under the curve.
  void AddEnergyMetrics(const torch::Tensor& logits, const torch::Tensor& row_known,
                        NamedTensors& metrics) const {
    const auto energy = Energy(logits, config_.energy_temperature);  // [B]
    const auto unknown = row_known.logical_not();
    const auto pairs = unknown.unsqueeze(1).logical_and(row_known.unsqueeze(0));  // [B, B]
    const auto both = pairs.any();
    const auto nothing = torch::zeros({}, energy.options());
    const auto gap = MeanWhere(unknown, energy) - MeanWhere(row_known, energy);
    metrics["energy_gap"] = torch::where(both, gap, nothing);
    const auto difference = energy.unsqueeze(1) - energy.unsqueeze(0);
    const auto wins = 0.5 * (difference.sign() + 1.0);
    metrics["unknown_auroc"] =
        torch::where(both, MeanWhere(pairs, wins), torch::full_like(nothing, 0.5));
    const auto says_unknown = Density(1, energy).gt(Density(0, energy));
    const auto right = says_unknown.eq(unknown).to(energy.dtype()).mean();
    metrics["weibull_accuracy"] = torch::where(fitted_.gt(0).all(), right, nothing);
  }

  torch::Tensor Density(std::int64_t which, const torch::Tensor& energy) const {
    const auto own = weibull_[which];
    return LogDensity({own[0], own[1], own[2]}, energy);
  }

  // The distribution `which` of `energy` [N], if there is one: it takes two different numbers.
  void Fit(std::int64_t which, const torch::Tensor& energy) {
    if (energy.numel() < 2 || energy.max().equal(energy.min())) return;
    const auto samples = energy.to(torch::kFloat64);
    const auto fit = FitWeibull(samples, samples.min() - 1e-3);
    weibull_[which].copy_(torch::stack({fit.shape, fit.location, fit.scale}));
    fitted_[which].fill_(1);
  }

  OreConfig config_;
  ObjectiveCommon common_;
  Labels labels_;
  replay::View observation_, positive_;
  torch::nn::Linear classifier_{nullptr};
  ClassMemory store_;                         // the newest features of each class
  torch::Tensor prototypes_, has_prototype_;  // [1 + bins, feature_dim]; [1 + bins], 0 or 1
  torch::Tensor weibull_, fitted_;            // rows known, unknown: shape, location, scale
  torch::Tensor updates_;
};

}  // namespace

std::shared_ptr<Objective> Make(const OreConfig& config, const ObjectiveCommon& common,
                                const ObjectiveContext& context) {
  return std::make_shared<Ore>(config, common, context);
}

}  // namespace curl_rl::encoders
