// Settings of the classes that an objective makes of rewards.
#pragma once

#include <cstdint>

#include "envs/setting.h"

namespace curl_rl::encoders {

enum class LabelOf {
  kReturn,  // the mean reward of the next decisions
  kReward,  // the reward of the observation's own decision
};
constexpr envs::EnumName<LabelOf> kLabels[] = {{LabelOf::kReturn, "return"},
                                               {LabelOf::kReward, "reward"}};
inline const auto& NamesOf(LabelOf) { return kLabels; }

/// Key in YAML: agent.<objective>.label.<field>.
struct LabelConfig {
  LabelOf of = LabelOf::kReturn;
  std::int64_t bins = 8;
  std::int64_t horizon = 10;  // decisions
  // Rewards of an env step, as the suite's are; bins are of equal width in them, so that new ones
  // appear as the agent improves.
  double low = 0.0;
  double high = 1.0;

  envs::Settings Describe() {
    using envs::Anything, envs::Between, envs::Role;
    return {
        {"of", envs::ChoiceOf(of), Anything(), "", "what is cut into bins, the classes",
         Role::kOutcome},
        {"bins", &bins, Between(2, 256), "", "classes, of equal width", Role::kOutcome},
        {"horizon", &horizon, Between(1, 1000), "decisions",
         "that a return's mean is of; fewer where the episode ends", Role::kOutcome},
        {"low", &low, Between(-1e9, 1e9), "a reward of an env step", "where the first bin begins",
         Role::kOutcome},
        {"high", &high, Between(-1e9, 1e9), "a reward of an env step",
         "where the last bin ends; what lies outside is in the outermost bins", Role::kOutcome},
    };
  }
};

}  // namespace curl_rl::encoders
