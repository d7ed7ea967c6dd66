// The settings of DDPG, one by one.
#include "agents/ddpg_config.h"

namespace curl_rl::agents {

envs::Settings DdpgConfig::Describe() {
  using envs::Anything, envs::Between, envs::ChoiceOf, envs::Role;
  return {
      {"hidden_dim", &hidden_dim, Between(1, 65536), "", "width of actor and Q networks",
       Role::kOutcome},
      {"actor_lr", &actor_lr, Between(0, 1), "", "learning rate of the actor", Role::kOutcome},
      {"critic_lr", &critic_lr, Between(0, 1), "", "learning rate of critic and encoder",
       Role::kOutcome},
      {"critic_tau", &critic_tau, Between(0, 1), "",
       "share of the online Q heads in each target update", Role::kOutcome},
      {"actor_update_freq", &actor_update_freq, Between(1, 1e6), "gradient steps",
       "between updates of the actor", Role::kOutcome},
      {"critic_target_update_freq", &critic_target_update_freq, Between(1, 1e6), "gradient steps",
       "between target updates", Role::kOutcome},
      {"stddev_schedule", &stddev_schedule, Anything(), "",
       "of the action's noise: NUMBER, linear(FROM,TO,DECISIONS), step_linear(FROM,TO,DECISIONS,"
       "TO,DECISIONS)",
       Role::kOutcome},
      {"stddev_clip", &stddev_clip, Between(0, 100), "",
       "of the noise in updates, on both sides; acting is not clipped", Role::kOutcome},
      {"target_convolutions", ChoiceOf(target_convolutions), Anything(), "",
       "that the target critic looks through: the online encoder's (DrQ-v2) or the momentum "
       "encoder's",
       Role::kOutcome},
      {"actor_maps", ChoiceOf(actor_maps), Anything(), "",
       "what the actor learns from: the critic's pass, before the encoder's step (DrQ-v2), or anew",
       Role::kOutcome},
  };
}

}  // namespace curl_rl::agents
