// Settings of PCRL's objective.
#pragma once

#include <cstdint>
#include <memory>

#include "encoders/objective_settings.h"

namespace curl_rl::encoders {

enum class PcrlForm {
  kLight,  // one contrast, one decoding, of both encoders' features mixed
  kPaper,  // three contrasts, four decodings, two of them of mixed pictures
};
constexpr envs::EnumName<PcrlForm> kPcrlForms[] = {{PcrlForm::kLight, "light"},
                                                   {PcrlForm::kPaper, "paper"}};
inline const auto& NamesOf(PcrlForm) { return kPcrlForms; }

struct PcrlConfig {
  PcrlForm form = PcrlForm::kLight;
  double contrast_weight = 1.0;
  double reconstruction_weight = 1.0;
  std::int64_t attention_hidden = 64;

  static ObjectiveInfo Info() {
    return {"pcrl",
            "contrast, and a decoder that gives turned pixels back from both encoders' features",
            "Zhou, Lu, Yang, Han, Yu 2021, arXiv 2109.04379", Told::kPixels};
  }
  static ObjectiveCommon Common() { return {}; }
  envs::Settings Describe() {
    using envs::Anything, envs::Between, envs::Role;
    return {
        {"form", envs::ChoiceOf(form), Anything(), "",
         "light: one contrast and one decoding; paper: all three and four", Role::kOutcome},
        {"contrast_weight", &contrast_weight, Between(0, 1e6), "", "of the contrast",
         Role::kOutcome},
        {"reconstruction_weight", &reconstruction_weight, Between(0, 1e6), "",
         "of the mean squared error of the pixels", Role::kOutcome},
        {"attention_hidden", &attention_hidden, Between(1, 65536), "units",
         "hidden layer between a transformation and the features' attention", Role::kOutcome},
    };
  }
};

std::shared_ptr<Objective> Make(const PcrlConfig& config, const ObjectiveCommon& common,
                                const ObjectiveContext& context);

}  // namespace curl_rl::encoders
