// Settings of the contrast of state and actions with the state they lead to (TACO).
#pragma once

#include <cstdint>
#include <memory>

#include "encoders/objective_settings.h"

namespace curl_rl::encoders {

/// Defaults are the authors' (FrankZheng2022/TACO).
struct TacoConfig {
  std::int64_t steps = 3;       // decisions
  std::int64_t action_dim = 0;  // numbers that stand for an action; 0: 5/4 of its own, and one more
  std::int64_t hidden = 1024;   // of the transition and of the reward
  bool crops = true;
  bool reward = true;

  static ObjectiveInfo Info() {
    return {"taco", "state and actions told from others by the state they lead to; crops; reward",
            "Zheng, Wang, Sun, Ma, Zhao, Xu, Daume, Huang 2023, arXiv 2306.13229", Told::kReward};
  }
  static ObjectiveCommon Common() { return {}; }
  envs::Settings Describe() {
    using envs::Anything, envs::Between, envs::Role;
    return {
        {"steps", &steps, Between(1, 1000), "decisions",
         "whose actions are given, to the state that is to be found", Role::kOutcome},
        {"action_dim", &action_dim, Between(0, 65536), "",
         "numbers that stand for an action; 0: 1.25 times as many as it has, and one more",
         Role::kOutcome},
        {"hidden", &hidden, Between(1, 65536), "units",
         "hidden layer of what foretells the state, and of what foretells the reward",
         Role::kOutcome},
        {"crops", &crops, Anything(), "", "CURL's contrast of two crops besides, by the same W",
         Role::kOutcome},
        {"reward", &reward, Anything(), "", "foretell the critic's reward too", Role::kOutcome},
    };
  }
};

std::shared_ptr<Objective> Make(const TacoConfig& config, const ObjectiveCommon& common,
                                const ObjectiveContext& context);

}  // namespace curl_rl::encoders
