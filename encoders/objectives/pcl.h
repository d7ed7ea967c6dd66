// Settings of PCL's objective.
#pragma once

#include <cstdint>
#include <memory>

#include "encoders/objective_settings.h"
#include "encoders/objectives/head_config.h"

namespace curl_rl::encoders {

struct PclConfig {
  double temperature = 0.2;
  // Granularities of 64, 128 and 256 clusters; the authors' 25,000, 50,000 and 100,000 double too.
  std::int64_t clusters = 64;
  std::int64_t granularities = 3;
  std::int64_t refresh_every = 1000;  // gradient steps
  std::int64_t refresh_rows = 8192;   // transitions
  std::int64_t warmup_steps = 1000;   // of its own steps
  std::int64_t kmeans_iterations = 20;
  std::int64_t queue_size = 0;  // keys
  std::int64_t id_window = 0;   // transitions
  HeadConfig projection;

  static ObjectiveInfo Info() {
    return {"pcl", "InfoNCE, and each row told to its cluster's centroid, at several granularities",
            "Li, Zhou, Xiong, Hoi 2021, arXiv 2005.04966", Told::kPixels};
  }
  static ObjectiveCommon Common() { return {}; }
  envs::Settings Describe() {
    using envs::Between, envs::Role;
    envs::Settings settings = {
        {"temperature", &temperature, Between(0.01, 100), "",
         "of the cosines, and mean concentration of the clusters", Role::kOutcome},
        {"clusters", &clusters, Between(2, 1e6), "", "of the coarsest granularity", Role::kOutcome},
        {"granularities", &granularities, Between(1, 10), "",
         "how many clusterings: each has twice as many clusters as the one before", Role::kOutcome},
        {"refresh_every", &refresh_every, Between(1, 1e9), "gradient steps", "between clusterings",
         Role::kOutcome},
        {"refresh_rows", &refresh_rows, Between(2, 1e8), "transitions",
         "that are clustered, drawn from the replay", Role::kOutcome},
        {"warmup_steps", &warmup_steps, Between(0, 1e9), "steps",
         "of this objective before the first clustering", Role::kOutcome},
        {"kmeans_iterations", &kmeans_iterations, Between(1, 10000), "", "of a clustering",
         Role::kOutcome},
        {"queue_size", &queue_size, Between(0, 1e8), "keys",
         "newest keys that are negatives beside the batch's; 0: the batch's alone", Role::kOutcome},
        {"id_window", &id_window, Between(-1, 1e6), "transitions",
         "queued keys this near to the anchor's own transition are no negatives; -1: all are",
         Role::kOutcome},
    };
    AddSection(settings, "projection", projection.Describe());
    return settings;
  }
};

std::shared_ptr<Objective> Make(const PclConfig& config, const ObjectiveCommon& common,
                                const ObjectiveContext& context);

}  // namespace curl_rl::encoders
