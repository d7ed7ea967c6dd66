// Settings of SSCL's objective.
#pragma once

#include <cstdint>
#include <memory>

#include "encoders/objective_settings.h"
#include "encoders/objectives/label_config.h"

namespace curl_rl::encoders {

struct SsclConfig {
  std::int64_t aspects = 30;
  std::int64_t word_dim = 50;
  double smooth = 0.5;
  double temperature = 1.0;
  double regulariser = 0.1;
  // The mapping of aspects to bins.
  LabelConfig label;
  double table_momentum = 0.99;
  double purity = 0.4;
  double min_share = 0.2;
  // The distillation.
  bool distill = true;
  double max_entropy = 0.8;

  static ObjectiveInfo Info() {
    return {"sscl", "a crop as a mixture of aspects of its map cells; aspects mapped to returns",
            "Shi, Li, Wang, Reddy 2021, arXiv 2009.09107", Told::kReward};
  }
  static ObjectiveCommon Common() { return {}; }
  envs::Settings Describe() {
    using envs::Anything, envs::Between, envs::Role;
    envs::Settings settings = {
        {"aspects", &aspects, Between(2, 4096), "", "that a crop is a mixture of; three a bin",
         Role::kOutcome},
        {"word_dim", &word_dim, Between(1, 65536), "", "size of a map cell's projection, its word",
         Role::kOutcome},
        {"smooth", &smooth, Between(0, 100), "",
         "factor before the attention's softmax; 0: all words alike", Role::kOutcome},
        {"temperature", &temperature, Between(0.01, 100), "", "of the cosines", Role::kOutcome},
        {"regulariser", &regulariser, Between(0, 1e6), "", "of how far aspects are from orthogonal",
         Role::kOutcome},
        {"table_momentum", &table_momentum, Between(0, 1), "",
         "share of the table of aspects and bins that stays in an update", Role::kOutcome},
        {"purity", &purity, Between(0, 1), "",
         "from which on an aspect belongs to a bin: 0 fires in all bins alike, 1 in one alone",
         Role::kOutcome},
        {"min_share", &min_share, Between(0, 1), "",
         "of an equal share that an aspect must fire to belong to a bin", Role::kOutcome},
        {"distill", &distill, Anything(), "",
         "teach the features the bins that the aspects stand for", Role::kOutcome},
        {"max_entropy", &max_entropy, Between(0, 1), "",
         "of a target over the bins, 1: all alike; rows above it are not taught", Role::kOutcome},
    };
    AddSection(settings, "label", label.Describe());
    return settings;
  }
};

std::shared_ptr<Objective> Make(const SsclConfig& config, const ObjectiveCommon& common,
                                const ObjectiveContext& context);

}  // namespace curl_rl::encoders
