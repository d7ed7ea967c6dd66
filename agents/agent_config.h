// Every setting of an agent, as data that needs no LibTorch. Defaults are the reference
// implementation of CURL with its paper's values (Laskin, Srinivas, Abbeel 2020, Table 3).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agents/augment_config.h"
#include "agents/ddpg_config.h"
#include "encoders/encoder_config.h"
#include "encoders/objectives.h"
#include "envs/setting.h"
#include "replay/window_config.h"

namespace curl_rl::agents {

/// How values and actions are learned from features.
enum class ActorCriticKind { kSac, kDdpg };
constexpr envs::EnumName<ActorCriticKind> kActorCritics[] = {{ActorCriticKind::kSac, "sac"},
                                                             {ActorCriticKind::kDdpg, "ddpg"}};
inline const auto& NamesOf(ActorCriticKind) { return kActorCritics; }

/// Critic and objectives one after the other, or their losses in one step of the encoder.
enum class Schedule { kReference, kJoint };
constexpr envs::EnumName<Schedule> kSchedules[] = {{Schedule::kReference, "reference"},
                                                   {Schedule::kJoint, "joint"}};
inline const auto& NamesOf(Schedule) { return kSchedules; }

/// Of convolutions and large products. tf32 (CUDA): float32 stored, its products with 10 bits of
/// mantissa.
enum class Precision { kFloat32, kBFloat16, kTf32 };
constexpr envs::EnumName<Precision> kPrecisions[] = {{Precision::kFloat32, "float32"},
                                                     {Precision::kBFloat16, "bfloat16"},
                                                     {Precision::kTf32, "tf32"}};
inline const auto& NamesOf(Precision) { return kPrecisions; }

/// The tanh correction of ln pi: -sum ln(relu(1 - a^2) + 1e-6) on the squashed action, as the
/// reference implementation, or -sum 2 (ln 2 - u - softplus(-2u)) on the unsquashed one, stable
/// near saturation.
enum class LogProb { kReference, kExact };
constexpr envs::EnumName<LogProb> kLogProbs[] = {{LogProb::kReference, "reference"},
                                                 {LogProb::kExact, "exact"}};
inline const auto& NamesOf(LogProb) { return kLogProbs; }

/// What actor_update_freq, critic_target_update_freq and an objective's update_freq count: updates,
/// or the decisions of the run, as SAC+AE's reference does: all updates of one decision are then
/// alike.
enum class FreqCounts { kGradientSteps, kAgentSteps };
constexpr envs::EnumName<FreqCounts> kFreqCounts[] = {
    {FreqCounts::kGradientSteps, "gradient_steps"}, {FreqCounts::kAgentSteps, "agent_steps"}};
inline const auto& NamesOf(FreqCounts) { return kFreqCounts; }

/// n-step windows at the end of an episode and at the newest transition: cut short there, or, as
/// DrQ-v2's, only such as are whole.
enum class NStepWindows { kCut, kWhole };
constexpr envs::EnumName<NStepWindows> kNStepWindows[] = {{NStepWindows::kCut, "cut"},
                                                          {NStepWindows::kWhole, "whole"}};
inline const auto& NamesOf(NStepWindows) { return kNStepWindows; }

/// What becomes of the critic's losses on several pictures of the same observation.
enum class ViewLoss { kSum, kMean };
constexpr envs::EnumName<ViewLoss> kViewLosses[] = {{ViewLoss::kSum, "sum"},
                                                    {ViewLoss::kMean, "mean"}};
inline const auto& NamesOf(ViewLoss) { return kViewLosses; }

/// Soft actor-critic. Key in YAML: agent.sac.<field>. Adam has eps 1e-8.
struct SacConfig {
  std::int64_t hidden_dim = 1024;
  double log_std_min = -10.0;
  double log_std_max = 2.0;
  LogProb log_prob = LogProb::kReference;
  double actor_lr = 1e-3;
  double critic_lr = 1e-3;
  double temperature_lr = 1e-4;
  double temperature_beta1 = 0.5;
  double init_temperature = 0.1;
  double critic_tau = 0.01;                    // share of the online Q heads in each target update
  std::int64_t actor_update_freq = 2;          // in gradient steps
  std::int64_t critic_target_update_freq = 2;  // in gradient steps
  // DrQ (Kostrikov, Yarats, Fergus 2021): the critic's loss on K pictures of the observation, each
  // with a window of its own, against the mean of the targets of M pictures of the next one.
  std::int64_t observation_views = 1;   // K
  std::int64_t next_views = 1;          // M
  ViewLoss view_loss = ViewLoss::kSum;  // of the K

  envs::Settings Describe();
};

/// Key in YAML: agent.<field>.
struct AgentConfig {
  ActorCriticKind actor_critic = ActorCriticKind::kSac;
  /// Representation losses beside the critic's, in order; none: the critic's alone. In YAML
  /// `objectives: [curl]`, and the settings of each under its name: agent.curl.lr.
  std::vector<encoders::ChosenObjective> objectives = {
      encoders::ChosenObjective(encoders::MakeObjectiveSettings("curl"))};

  std::int64_t batch_size = 512;
  double discount = 0.99;
  std::int64_t n_step = 1;  // rewards before the value of what follows
  NStepWindows n_step_windows = NStepWindows::kCut;
  bool bootstrap_terminal = false;  // DrQ-v2's reference: an end of the task counts like no end
  FreqCounts freq_counts = FreqCounts::kGradientSteps;

  // What the critic is shown of the frames.
  replay::Window window = replay::Window::kRandomCrop;
  std::int64_t crop_size = 84;  // side of every picture but `whole`
  replay::CropRange crop_range = replay::CropRange::kInclusive;
  std::int64_t shift_pad = 4;  // pixels on each side, window: shift

  Schedule schedule = Schedule::kReference;
  Precision precision = Precision::kFloat32;
  bool cuda_graphs = true;  // CUDA: record updates once, replay them

  encoders::EncoderConfig encoder;
  AugmentConfig augment;
  SacConfig sac;
  DdpgConfig ddpg;

  /// Side of the encoder's pictures: crop_size, or what the critic's augmentations make of it.
  /// Throws std::invalid_argument as encoders::SideAfter.
  std::int64_t picture_side() const;

  /// All settings, those of each chosen part under the part's name. Valid as long as this and its
  /// objectives stay.
  envs::Settings Describe();
};

}  // namespace curl_rl::agents
