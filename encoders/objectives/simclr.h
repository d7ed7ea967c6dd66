// Settings of SimCLR's objective.
#pragma once

#include <memory>

#include "encoders/objective_settings.h"
#include "encoders/objectives/head_config.h"

namespace curl_rl::encoders {

struct SimclrConfig {
  double temperature = 0.1;
  HeadConfig projection;

  static ObjectiveInfo Info() {
    return {"simclr", "NT-Xent among all rows of two crops, both with gradient, projection head",
            "Chen, Kornblith, Norouzi, Hinton 2020, arXiv 2002.05709", Told::kPixels};
  }
  static ObjectiveCommon Common() { return {}; }
  envs::Settings Describe() {
    envs::Settings settings = {{"temperature", &temperature, envs::Between(0.01, 100), "",
                                "of the cosines", envs::Role::kOutcome}};
    AddSection(settings, "projection", projection.Describe());
    return settings;
  }
};

std::shared_ptr<Objective> Make(const SimclrConfig& config, const ObjectiveCommon& common,
                                const ObjectiveContext& context);

}  // namespace curl_rl::encoders
