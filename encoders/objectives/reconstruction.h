// Settings of the reconstruction of pixels.
#pragma once

#include <cstdint>
#include <memory>

#include "encoders/objective_settings.h"

namespace curl_rl::encoders {

/// Defaults are SAC+AE's (denisyarats/pytorch_sac_ae).
struct ReconstructionConfig {
  double latent_penalty = 1e-6;
  double weight_decay = 1e-7;
  std::int64_t target_bits = 5;

  static ObjectiveInfo Info() {
    return {"reconstruction", "a decoder gives the pixels back from the features (SAC+AE)",
            "Yarats, Zhang, Kostrikov, Amos, Pineau, Fergus 2021, arXiv 1910.01741", Told::kPixels};
  }
  static ObjectiveCommon Common() { return {}; }
  envs::Settings Describe() {
    using envs::Between, envs::Role;
    return {
        {"latent_penalty", &latent_penalty, Between(0, 1e6), "",
         "of half the squared norm of the features", Role::kOutcome},
        {"weight_decay", &weight_decay, Between(0, 1e6), "",
         "of the decoder: that many times a weight is added to its gradient", Role::kOutcome},
        {"target_bits", &target_bits, Between(1, 8), "bits",
         "of each pixel that are to be given back; the rest is noise", Role::kOutcome},
    };
  }
};

std::shared_ptr<Objective> Make(const ReconstructionConfig& config, const ObjectiveCommon& common,
                                const ObjectiveContext& context);

}  // namespace curl_rl::encoders
