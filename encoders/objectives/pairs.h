// Settings of the plain pair losses.
#pragma once

#include <memory>

#include "encoders/losses/loss_options.h"
#include "encoders/objective_settings.h"

namespace curl_rl::encoders {

enum class PairsLoss { kInfoNce, kNPair, kNtXent, kLogistic, kTriplet, kMaxMargin };
constexpr envs::EnumName<PairsLoss> kPairsLosses[] = {
    {PairsLoss::kInfoNce, "infonce"}, {PairsLoss::kNPair, "n_pair"},
    {PairsLoss::kNtXent, "nt_xent"},  {PairsLoss::kLogistic, "logistic"},
    {PairsLoss::kTriplet, "triplet"}, {PairsLoss::kMaxMargin, "max_margin"}};
inline const auto& NamesOf(PairsLoss) { return kPairsLosses; }

enum class Similarity {
  kCosine,
  kBilinear,   // anchor W key^T, W learned (CURL)
  kDot,        // over the root of the features' size
  kEuclidean,  // minus the squared distance
};
constexpr envs::EnumName<Similarity> kSimilarities[] = {{Similarity::kCosine, "cosine"},
                                                        {Similarity::kBilinear, "bilinear"},
                                                        {Similarity::kDot, "dot"},
                                                        {Similarity::kEuclidean, "euclidean"}};
inline const auto& NamesOf(Similarity) { return kSimilarities; }

/// Each loss has what it reads in a section of its name; infonce and nt_xent read `temperature`.
struct PairsConfig {
  PairsLoss loss = PairsLoss::kInfoNce;
  Similarity similarity = Similarity::kCosine;
  double temperature = 0.1;
  bool symmetric = false;
  struct {
    double norm_penalty = 0.0;
  } n_pair;
  struct {
    double temperature = 0.5;  // at 0.1 without a bias it does not learn
    bool learned_scale = false;
    PairReduction reduction = PairReduction::kBalanced;
  } logistic;
  struct {
    double margin = 0.2;
    TripletMining mining = TripletMining::kAll;
    bool soft = false;
    bool only_violated = true;
  } triplet;
  struct {
    double margin = 1.0;
    MaxMarginForm form = MaxMarginForm::kHadsell;
    PairReduction reduction = PairReduction::kBalanced;
  } max_margin;

  static ObjectiveInfo Info() {
    return {"pairs", "any pair loss between two crops' features, with no head and nothing else",
            "the losses' papers: docs/losses.md", Told::kPixels};
  }
  static ObjectiveCommon Common() { return {}; }
  envs::Settings Describe() {
    using envs::Anything, envs::Between, envs::Role;
    envs::Settings settings = {
        {"loss", envs::ChoiceOf(loss), Anything(), "", "which", Role::kOutcome},
        {"similarity", envs::ChoiceOf(similarity), Anything(), "",
         "of an anchor and a key (infonce, logistic)", Role::kOutcome},
        {"temperature", &temperature, Between(0.01, 100), "",
         "of the similarities (infonce, nt_xent)", Role::kOutcome},
        {"symmetric", &symmetric, Anything(), "",
         "keys are told apart by anchors too, both directions averaged (infonce)", Role::kOutcome},
    };
    AddSection(settings, "n_pair",
               {{"norm_penalty", &n_pair.norm_penalty, Between(0, 1e6), "",
                 "of the mean squared norm of the features", Role::kOutcome}});
    AddSection(settings, "logistic",
               {{"temperature", &logistic.temperature, Between(0.01, 100), "",
                 "of the similarities", Role::kOutcome},
                {"learned_scale", &logistic.learned_scale, Anything(), "",
                 "scale and bias of the similarities are learned, from 10 and -10; no temperature",
                 Role::kOutcome},
                {"reduction", envs::ChoiceOf(logistic.reduction), Anything(), "",
                 "of the pairs' terms to one number", Role::kOutcome}});
    AddSection(
        settings, "triplet",
        {{"margin", &triplet.margin, Between(1e-6, 100), "", "of the distances", Role::kOutcome},
         {"mining", envs::ChoiceOf(triplet.mining), Anything(), "",
          "which other keys are set against the own one", Role::kOutcome},
         {"soft", &triplet.soft, Anything(), "", "softplus instead of relu", Role::kOutcome},
         {"only_violated", &triplet.only_violated, Anything(), "",
          "mean over triplets whose term is above 0; false: over all", Role::kOutcome}});
    AddSection(
        settings, "max_margin",
        {{"margin", &max_margin.margin, Between(1e-6, 100), "", "of the distances", Role::kOutcome},
         {"form", envs::ChoiceOf(max_margin.form), Anything(), "", "of the terms", Role::kOutcome},
         {"reduction", envs::ChoiceOf(max_margin.reduction), Anything(), "",
          "of the pairs' terms to one number", Role::kOutcome}});
    return settings;
  }
};

std::shared_ptr<Objective> Make(const PairsConfig& config, const ObjectiveCommon& common,
                                const ObjectiveContext& context);

}  // namespace curl_rl::encoders
