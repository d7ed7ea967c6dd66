// Settings of MoCo's objective.
#pragma once

#include <cstdint>
#include <memory>

#include "encoders/objective_settings.h"
#include "encoders/objectives/head_config.h"

namespace curl_rl::encoders {

struct MocoConfig {
  double temperature = 0.2;
  // Keys. The momentum encoder moves faster here than MoCo's own: 8 batches are as old as its
  // 65,536 keys were.
  std::int64_t queue_size = 4096;
  std::int64_t id_window = 0;  // transitions
  bool in_batch = false;       // the batch's other keys are negatives too
  HeadConfig projection;

  static ObjectiveInfo Info() {
    return {"moco", "InfoNCE against a queue of the momentum encoder's keys, projection head",
            "He, Fan, Wu, Xie, Girshick 2020, arXiv 1911.05722", Told::kPixels};
  }
  static ObjectiveCommon Common() { return {}; }
  envs::Settings Describe() {
    using envs::Anything, envs::Between, envs::Role;
    envs::Settings settings = {
        {"temperature", &temperature, Between(0.01, 100), "", "of the cosines", Role::kOutcome},
        {"queue_size", &queue_size, Between(1, 1e8), "keys", "newest keys that are negatives",
         Role::kOutcome},
        {"id_window", &id_window, Between(-1, 1e6), "transitions",
         "keys this near to the anchor's own transition are no negatives; -1: all are",
         Role::kOutcome},
        {"in_batch", &in_batch, Anything(), "", "the batch's other keys are negatives too",
         Role::kOutcome},
    };
    AddSection(settings, "projection", projection.Describe());
    return settings;
  }
};

std::shared_ptr<Objective> Make(const MocoConfig& config, const ObjectiveCommon& common,
                                const ObjectiveContext& context);

}  // namespace curl_rl::encoders
