// Settings of supervised contrastive segmentation.
#pragma once

#include <cstdint>
#include <memory>

#include "encoders/objective_settings.h"

namespace curl_rl::encoders {

enum class Regions {
  kClusters,   // of the key encoder's map cells
  kSimulator,  // the bodies that a simulator says a pixel shows
};
constexpr envs::EnumName<Regions> kRegions[] = {{Regions::kClusters, "clusters"},
                                                {Regions::kSimulator, "simulator"}};
inline const auto& NamesOf(Regions) { return kRegions; }

struct SegmentationConfig {
  Regions regions = Regions::kClusters;
  std::int64_t clusters = 8;
  double temperature = 0.1;
  double contrast_weight = 1.0;
  std::int64_t warmup_steps = 1000;
  std::int64_t anchors = 1024;
  std::int64_t region_memory = 256;
  std::int64_t hidden = 32;
  std::int64_t dim = 64;
  std::int64_t refresh_every = 1000;
  std::int64_t refresh_rows = 64;

  static ObjectiveInfo Info() {
    return {"segmentation",
            "map cells against cells and regions of their class; classes by clustering",
            "Wang, Zhou, Yu, Dai, Konukoglu, Van Gool 2021, arXiv 2101.11939", Told::kPixels};
  }
  static ObjectiveCommon Common() { return {}; }
  envs::Settings Describe() {
    using envs::Anything, envs::Between, envs::Role;
    return {
        {"regions", envs::ChoiceOf(regions), Anything(), "", "where a cell's class comes from",
         Role::kOutcome},
        {"clusters", &clusters, Between(2, 256), "", "classes of map cells", Role::kOutcome},
        {"temperature", &temperature, Between(0.01, 100), "", "of the cosines", Role::kOutcome},
        {"contrast_weight", &contrast_weight, Between(0, 1e6), "",
         "of the contrast beside the classification of cells", Role::kOutcome},
        {"warmup_steps", &warmup_steps, Between(0, 1e9), "updates",
         "by the classification of cells alone", Role::kOutcome},
        {"anchors", &anchors, Between(2, 65536), "cells",
         "of a batch that are contrasted, as many of each class", Role::kOutcome},
        {"region_memory", &region_memory, Between(1, 65536), "regions",
         "newest of a class that anchors are contrasted with", Role::kOutcome},
        {"hidden", &hidden, Between(1, 65536), "units", "hidden layer of the cells' projection",
         Role::kOutcome},
        {"dim", &dim, Between(1, 65536), "", "size of what is compared", Role::kOutcome},
        {"refresh_every", &refresh_every, Between(1, 1e9), "gradient steps", "between clusterings",
         Role::kOutcome},
        {"refresh_rows", &refresh_rows, Between(1, 65536), "observations",
         "whose cells are clustered", Role::kOutcome},
    };
  }
};

std::shared_ptr<Objective> Make(const SegmentationConfig& config, const ObjectiveCommon& common,
                                const ObjectiveContext& context);

}  // namespace curl_rl::encoders
