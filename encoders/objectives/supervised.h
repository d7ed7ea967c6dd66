// Settings of the supervised contrast.
#pragma once

#include <memory>

#include "encoders/losses/loss_options.h"
#include "encoders/objective_settings.h"
#include "encoders/objectives/head_config.h"
#include "encoders/objectives/label_config.h"

namespace curl_rl::encoders {

struct SupervisedConfig {
  double temperature = 0.1;
  SupervisedForm form = SupervisedForm::kOut;
  LabelConfig label;
  HeadConfig projection;

  static ObjectiveInfo Info() {
    return {"supervised",
            "supervised NT-Xent: rows of one class by return, reward or phase attract",
            "Khosla et al. 2020, arXiv 2004.11362", Told::kReward};
  }
  static ObjectiveCommon Common() { return {}; }
  envs::Settings Describe() {
    using envs::Anything, envs::Between, envs::Role;
    envs::Settings settings = {
        {"temperature", &temperature, Between(0.01, 100), "", "of the cosines", Role::kOutcome},
        {"form", envs::ChoiceOf(form), Anything(), "",
         "mean over own rows of the logarithms (out), or logarithm of their mean (in)",
         Role::kOutcome},
    };
    AddSection(settings, "label", label.Describe());
    AddSection(settings, "projection", projection.Describe());
    return settings;
  }
};

std::shared_ptr<Objective> Make(const SupervisedConfig& config, const ObjectiveCommon& common,
                                const ObjectiveContext& context);

}  // namespace curl_rl::encoders
