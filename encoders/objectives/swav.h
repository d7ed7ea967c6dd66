// Settings of SwAV's objective.
#pragma once

#include <cstdint>
#include <memory>

#include "encoders/objective_settings.h"
#include "encoders/objectives/head_config.h"

namespace curl_rl::encoders {

/// One-sided as in Proto-RL (Yarats et al. 2021); epsilon is DreamerPro's (Deng, Jang, Ahn 2022):
/// SwAV's own, 0.05, leaves frames that look alike with equal codes.
struct SwavConfig {
  double temperature = 0.1;
  std::int64_t prototypes = 512;
  double sinkhorn_epsilon = 0.0125;
  std::int64_t sinkhorn_iterations = 3;
  std::int64_t freeze_steps = 500;  // of its own steps
  std::int64_t predictor_hidden = 0;
  std::int64_t queue_size = 0;  // keys
  bool symmetric = false;
  std::int64_t extra_views = 0;
  std::int64_t extra_view_size = 60;  // pixels
  HeadConfig projection;

  static ObjectiveInfo Info() {
    return {"swav", "prototypes that one crop is nearest to, in equal shares, told from the other",
            "Caron, Misra, Mairal, Goyal, Bojanowski, Joulin 2020, arXiv 2006.09882",
            Told::kPixels};
  }
  static ObjectiveCommon Common() { return {}; }
  envs::Settings Describe() {
    using envs::Anything, envs::Between, envs::Role;
    envs::Settings settings = {
        {"temperature", &temperature, Between(0.01, 100), "", "of the predicted scores",
         Role::kOutcome},
        {"prototypes", &prototypes, Between(2, 1e6), "", "that views are assigned to",
         Role::kOutcome},
        {"sinkhorn_epsilon", &sinkhorn_epsilon, Between(1e-4, 10), "",
         "of the codes: the larger, the more alike they are", Role::kOutcome},
        {"sinkhorn_iterations", &sinkhorn_iterations, Between(1, 1000), "",
         "that make the prototypes' shares equal", Role::kOutcome},
        {"freeze_steps", &freeze_steps, Between(0, 1e9), "steps",
         "of this objective in which prototypes stand still", Role::kOutcome},
        {"predictor_hidden", &predictor_hidden, Between(0, 65536), "units",
         "hidden layer of a predictor before the prototypes; 0: no predictor", Role::kOutcome},
        {"queue_size", &queue_size, Between(0, 1e8), "keys",
         "newest keys that share in the codes; 0: the batch alone", Role::kOutcome},
        {"symmetric", &symmetric, Anything(), "",
         "both crops by the online encoder with gradient, each predicts the other's code",
         Role::kOutcome},
        {"extra_views", &extra_views, Between(0, 16), "",
         "small windows that predict the codes too", Role::kOutcome},
        {"extra_view_size", &extra_view_size, Between(1, 65536), "pixels",
         "side of those windows, before they are resized", Role::kOutcome},
    };
    AddSection(settings, "projection", projection.Describe());
    return settings;
  }
};

std::shared_ptr<Objective> Make(const SwavConfig& config, const ObjectiveCommon& common,
                                const ObjectiveContext& context);

}  // namespace curl_rl::encoders
