// The contract of an actor-critic: how values and actions are learned from features.
//
// It owns its heads, their targets and their optimisers, but no encoder: the learner gives it
// encodings, and steps the encoder together with the critic's heads by the loss that it returns.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <vector>

#include "agents/adam.h"
#include "agents/agent.h"
#include "agents/networks.h"
#include "encoders/objective.h"
#include "replay/view.h"

namespace curl_rl::agents {

/// An action with what the critic makes of it. All on the learner's device.
struct Judged {
  torch::Tensor action;          // float32 [N, A] without randomness
  torch::Tensor q1, q2;          // float32 [N, 1] of it
  torch::Tensor policy_entropy;  // float32 [N] nats, of the policy before it is squashed
  torch::Tensor stddev;          // float32 [N, A] of that policy
};

/// How many pictures of each observation the critic looks at, each with a window of its own: the
/// views "observation", "observation_2", ... and "next_observation", "next_observation_2", ...
struct ViewCounts {
  std::int64_t observation = 1, next_observation = 1;
};

/// `name`, `name`_2, ... `name`_<count>.
std::vector<std::string> ViewNames(const std::string& name, std::int64_t count);

class ActorCritic : public torch::nn::Module {
 public:
  /// The action for `maps` (encoder.h), float32 [N, A] in [-1, 1]. `noise` standard normal [N, A];
  /// undefined: the policy without randomness.
  virtual torch::Tensor Act(const torch::Tensor& maps, const torch::Tensor& noise) = 0;

  /// What it would do, and why.
  virtual Judged Judge(const torch::Tensor& maps, const torch::Tensor& features) = 0;

  /// The critic's values of actions [N, A] that were taken: q1, q2 float32 [N, 1].
  virtual TwinQ Values(const torch::Tensor& features, const torch::Tensor& action) = 0;

  /// The features that the target critic looks at, of an encoded view, and its values of actions
  /// [N, A]. Without gradient.
  virtual torch::Tensor TargetFeatures(encoders::Encodings& encodings,
                                       const std::string& view) const = 0;
  virtual TwinQ TargetValues(const torch::Tensor& features, const torch::Tensor& action) = 0;

  virtual ViewCounts view_counts() const { return {}; }

  /// Decisions of the run so far, what schedules follow. Called before acting and updating.
  virtual void SetAgentStep(std::int64_t /*agent_step*/) {}

  /// Draws what an update needs of randomness (standard normals [B, A]), by name, into `noise`,
  /// whose memory is used again: a recorded step reads it there. `actor`: this step updates the
  /// actor.
  virtual void DrawNoise(std::int64_t batch_size, bool actor, at::Generator& stream,
                         NamedTensors& noise) const = 0;

  /// Which parts an update runs, by its number or that of its decision (agent.freq_counts).
  virtual bool ActorStep(std::int64_t step) const = 0;
  virtual bool TargetStep(std::int64_t step) const = 0;

  /// Whether UpdateActor is given the maps of the critic's pass, from before the encoder's step;
  /// the features are of the projection after it.
  virtual bool actor_sees_stale_maps() const { return false; }

  /// The critic's loss, a scalar, with gradient by critic_parameters() and the encoder. Where
  /// `detach`, none by the encoder's convolutions.
  virtual torch::Tensor CriticLoss(encoders::Encodings& encodings, const NamedTensors& noise,
                                   bool detach, NamedTensors& metrics) = 0;

  /// What is stepped by that loss besides the encoder, and the encoder's learning rate.
  virtual std::vector<AdamParameter> critic_parameters() const = 0;
  virtual double encoder_lr() const = 0;

  /// A step of actor and temperature on `maps` and `features` of the observation, both without
  /// gradient: the actor does not train the encoder.
  virtual void UpdateActor(const torch::Tensor& maps, const torch::Tensor& features,
                           const NamedTensors& noise, NamedTensors& metrics) = 0;

  /// Moves the target heads.
  virtual void UpdateTargets() = 0;

  virtual std::vector<std::string> metric_names() const = 0;

  /// Its optimisers' states; parameters and buffers are the learner's to save.
  virtual void SaveOptimizers(NamedTensors& tensors) const = 0;
  virtual void LoadOptimizers(const NamedTensors& tensors) = 0;
};

/// What an agent must know of the task.
struct AgentSpec {
  std::int64_t channels = 9;    // of a stacked observation; 0: state vectors
  std::int64_t state_size = 0;  // of a stacked state vector; 0: pixels
  std::int64_t action_size = 1;
  std::int64_t action_repeat = 1;         // env steps of a decision
  std::int64_t replay_capacity = 100000;  // transitions
  std::uint64_t seed = 1;                 // of initialisation, exploration and policy noise
  torch::Device device = torch::kCPU;
};

}  // namespace curl_rl::agents
