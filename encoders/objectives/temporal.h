// Settings of the contrast with a later observation.
#pragma once

#include <cstdint>
#include <memory>

#include "encoders/objective_settings.h"
#include "encoders/objectives/head_config.h"

namespace curl_rl::encoders {

enum class TemporalKey {
  kAhead,  // an own view, `steps` decisions on (ATC)
  kNext,   // next_observation, whose key features the target critic has: an encoder pass less
};
constexpr envs::EnumName<TemporalKey> kTemporalKeys[] = {{TemporalKey::kAhead, "ahead"},
                                                         {TemporalKey::kNext, "next"}};
inline const auto& NamesOf(TemporalKey) { return kTemporalKeys; }

/// Defaults are ATC's (astooke/rlpyt) but for its own momentum encoder, shift and batch.
struct TemporalConfig {
  TemporalKey key = TemporalKey::kAhead;
  std::int64_t steps = 3;  // decisions
  bool keep_short = false;
  std::int64_t predictor_hidden = 512;
  HeadConfig projection = {HeadKind::kLinear, 256, 128};

  static ObjectiveInfo Info() {
    return {"temporal", "InfoNCE between an observation and a later one, residual predictor (ATC)",
            "Stooke, Lee, Abbeel, Laskin 2021, arXiv 2009.08319", Told::kPixels};
  }
  static ObjectiveCommon Common() { return {}; }
  envs::Settings Describe() {
    using envs::Anything, envs::Between, envs::Role;
    envs::Settings settings = {
        {"key", envs::ChoiceOf(key), Anything(), "",
         "which later observation: steps ahead, or the next one, encoded for the target anyway",
         Role::kOutcome},
        {"steps", &steps, Between(1, 1000), "decisions", "from the observation to its key (ahead)",
         Role::kOutcome},
        {"keep_short", &keep_short, Anything(), "",
         "near an episode's end take what is fewer steps ahead; false: such rows do not count",
         Role::kOutcome},
        {"predictor_hidden", &predictor_hidden, Between(0, 65536), "units",
         "hidden layer of the predictor that is added to the projection; 0: no predictor",
         Role::kOutcome},
    };
    AddSection(settings, "projection", projection.Describe());
    return settings;
  }
};

std::shared_ptr<Objective> Make(const TemporalConfig& config, const ObjectiveCommon& common,
                                const ObjectiveContext& context);

}  // namespace curl_rl::encoders
