// The learner: an encoder with its momentum copy, one actor-critic, any number of objectives.
//
//   next ──────► encoder (no gradient) ► actor ► action' ┐
//   next ──────► key encoder ──────────► target Q ───────┴► target_q       every gradient step
//   observation ► encoder ► Q ─────────────────────────────► critic loss   every gradient step
//   observation ► encoder's maps, detached ► actor ► Q ────► actor loss    every 2nd
//   views ► encoder and key encoder ───────────────────────► objectives    each at its own pace
//
// The key encoder is the momentum encoder of the objectives and at the same time the target
// network's encoder: one slow copy serves both. docs/algorithm.md lists every switch and what the
// reference does.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agents/actor_critic.h"
#include "agents/adam.h"
#include "agents/agent.h"
#include "agents/agent_config.h"
#include "agents/augmented_views.h"
#include "agents/recorded_acting.h"
#include "agents/step_graphs.h"
#include "encoders/objective.h"
#include "encoders/pixel_encoder.h"

namespace curl_rl::agents {

class Learner : public Agent {
 public:
  /// Throws std::invalid_argument that names the key for settings that cannot work.
  /// On CUDA, unless config.cuda_graphs is false, updates are recorded and replayed.
  Learner(const AgentConfig& config, const AgentSpec& spec);

  void SetAgentStep(std::int64_t agent_step) override;
  torch::Tensor Act(const torch::Tensor& observation, ActMode mode) override;
  Insight Inspect(const torch::Tensor& observation) override;
  Metrics Update(replay::ReplayBuffer& replay) override;
  const replay::Batch& batch() const override { return batch_; }
  std::int64_t gradient_step() const override { return gradient_step_; }
  std::vector<std::string> metric_names() const override;
  NamedTensors Weights() const override;
  NamedTensors Save() const override;
  void Load(const NamedTensors& tensors) override;

  /// Update on a batch and noise of the caller's, which are copied: to reproduce a recorded update.
  /// `noise` empty: the agent's own.
  NamedTensors UpdateOn(const replay::Batch& batch, const NamedTensors& noise = {});

  /// Act with noise of the caller's, standard normal [N, A] on the CPU; undefined: none.
  torch::Tensor ActWith(const torch::Tensor& observation, torch::Tensor noise);

  /// What the policy and the critic make of a batch of observations (as in replay::Batch).
  struct Evaluation {
    torch::Tensor features;  // [B, feature_dim] of the encoder
    torch::Tensor mean;      // [B, A] action without noise
    torch::Tensor stddev;    // [B, A] of the policy before it is squashed
    TwinQ q, target_q;       // of `action`
  };
  Evaluation Evaluate(const torch::Tensor& observation, const torch::Tensor& action);

  /// What it asks of the replay.
  const replay::BatchSpec& batch_spec() const { return batch_spec_; }

 private:
  // An objective with its optimiser: of its own parameters and, where it steps apart from the
  // critic, of the encoder.
  struct Part {
    std::shared_ptr<encoders::Objective> objective;
    std::string name;  // in the config
    encoders::ObjectiveCommon common;
    std::unique_ptr<Adam> adam;
    at::Generator stream;  // of its noise
    std::string prefix;    // of its tensors in what is saved, and of its metrics; "" the first's
    bool sees_observation = false;
  };

  // `views`: the names of all that they look at.
  void MakeObjectives(const encoders::EncoderOptions& options, const at::Generator& stream,
                      std::vector<std::string>& views);
  // What the update_freq settings count.
  std::int64_t counted() const {
    return config_.freq_counts == FreqCounts::kAgentSteps ? agent_step_ : gradient_step_;
  }
  bool Due(const Part& part) const { return counted() % part.common.update_freq == 0; }
  bool ActorStep() const { return actor_critic_->ActorStep(counted()); }
  bool TargetStep() const { return actor_critic_->TargetStep(counted()); }
  bool AnyDue() const;
  void Refresh(replay::ReplayBuffer& replay);
  int StepKind() const;
  void DrawNoise(std::int64_t rows);

  // One gradient step on batch_ and noise_ but for its count.
  NamedTensors Compute();
  // `objective`: what objectives are given, `critic` itself but where only they see augmented
  // pictures.
  void UpdateInReferenceOrder(encoders::Encodings& critic, encoders::Encodings& objective,
                              NamedTensors& metrics);
  void UpdateJointly(encoders::Encodings& critic, encoders::Encodings& objective,
                     NamedTensors& metrics);
  void UpdateActor(encoders::Encodings& encodings, NamedTensors& metrics);
  void UpdateTargets();
  void EncodeKeys(encoders::Encodings& encodings);
  torch::Tensor LossOf(Part& part, encoders::Encodings& encodings, NamedTensors& metrics);
  NamedTensors Step();
  torch::Tensor Seen(const torch::Tensor& observation, bool training) const;

  AgentConfig config_;
  AgentSpec spec_;
  replay::BatchSpec batch_spec_;

  encoders::PixelEncoder encoder_{nullptr};      // online; its convolutions serve the actor
  encoders::PixelEncoder key_encoder_{nullptr};  // momentum copy of encoder_
  std::shared_ptr<ActorCritic> actor_critic_;
  std::vector<Part> parts_;
  std::unique_ptr<AugmentedViews> augmented_;
  std::unique_ptr<Adam> critic_adam_;  // encoder and the critic's heads

  // The inputs of an update stay where they are: recorded steps read them there.
  replay::Batch batch_;
  NamedTensors noise_;
  encoders::SideStream beside_;
  std::unique_ptr<StepGraphs> graphs_;      // CUDA; null: each step as it comes
  std::unique_ptr<RecordedActing> acting_;  // CUDA; null: as it comes

  std::int64_t gradient_step_ = 0;
  std::int64_t agent_step_ = 0;  // of the run: told, not saved
  at::Generator exploration_stream_;
  at::Generator policy_noise_stream_;
};

}  // namespace curl_rl::agents
