// Settings of NNCLR's objective.
#pragma once

#include <cstdint>
#include <memory>

#include "encoders/objective_settings.h"
#include "encoders/objectives/head_config.h"

namespace curl_rl::encoders {

struct NnclrConfig {
  double temperature = 0.1;
  // Keys: 16 batches of 512. A positive may be older than a negative.
  std::int64_t queue_size = 8192;
  std::int64_t id_window = 0;  // transitions
  std::int64_t predictor_hidden = 512;
  HeadConfig projection;

  static ObjectiveInfo Info() {
    return {"nnclr", "InfoNCE with the positive's nearest neighbour among earlier keys, predictor",
            "Dwibedi, Aytar, Tompson, Sermanet, Zisserman 2021, arXiv 2104.14548", Told::kPixels};
  }
  static ObjectiveCommon Common() { return {}; }
  envs::Settings Describe() {
    using envs::Anything, envs::Between, envs::Role;
    envs::Settings settings = {
        {"temperature", &temperature, Between(0.01, 100), "", "of the cosines", Role::kOutcome},
        {"queue_size", &queue_size, Between(1, 1e8), "keys",
         "newest keys among which neighbours are sought", Role::kOutcome},
        {"id_window", &id_window, Between(-1, 1e6), "transitions",
         "keys this near to the anchor's own transition are no neighbours; -1: all may be",
         Role::kOutcome},
        {"predictor_hidden", &predictor_hidden, Between(0, 65536), "units",
         "hidden layer of the predictor behind the projection; 0: no predictor", Role::kOutcome},
    };
    AddSection(settings, "projection", projection.Describe());
    return settings;
  }
};

std::shared_ptr<Objective> Make(const NnclrConfig& config, const ObjectiveCommon& common,
                                const ObjectiveContext& context);

}  // namespace curl_rl::encoders
