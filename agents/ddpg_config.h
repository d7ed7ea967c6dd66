// Settings of DDPG as DrQ-v2 runs it, as data that needs no LibTorch.
#pragma once

#include <cstdint>
#include <string>

#include "agents/stddev_schedule.h"
#include "envs/setting.h"

namespace curl_rl::agents {

/// Whose convolutions the target critic looks through: the online encoder's, as in DrQ-v2, which
/// has no other, or the momentum encoder's, as in SAC.
enum class TargetConvolutions { kOnline, kMomentum };
constexpr envs::EnumName<TargetConvolutions> kTargetConvolutions[] = {
    {TargetConvolutions::kOnline, "online"}, {TargetConvolutions::kMomentum, "momentum"}};
inline const auto& NamesOf(TargetConvolutions) { return kTargetConvolutions; }

/// What the actor learns from: the maps of the critic's pass, from before the encoder's step, as in
/// DrQ-v2, or maps that are computed again.
enum class ActorMaps { kStale, kFresh };
constexpr envs::EnumName<ActorMaps> kActorMaps[] = {{ActorMaps::kStale, "stale"},
                                                    {ActorMaps::kFresh, "fresh"}};
inline const auto& NamesOf(ActorMaps) { return kActorMaps; }

/// Deep deterministic policy gradient with two Q heads (Lillicrap et al. 2016; Yarats et al. 2021).
/// Key in YAML: agent.ddpg.<field>. Defaults are DrQ-v2's (facebookresearch/drqv2). Adam has eps
/// 1e-8.
struct DdpgConfig {
  std::int64_t hidden_dim = 1024;
  double actor_lr = 1e-4;
  double critic_lr = 1e-4;
  double critic_tau = 0.01;                    // share of the online Q heads in each target update
  std::int64_t actor_update_freq = 1;          // in gradient steps (agent.freq_counts)
  std::int64_t critic_target_update_freq = 1;  // the same
  std::string stddev_schedule = "linear(1.0,0.1,500000)";  // of the action's noise
  double stddev_clip = 0.3;  // of the noise in updates; acting is not clipped
  TargetConvolutions target_convolutions = TargetConvolutions::kOnline;
  ActorMaps actor_maps = ActorMaps::kStale;

  envs::Settings Describe();
};

}  // namespace curl_rl::agents
