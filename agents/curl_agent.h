// CURL: soft actor-critic from pixels whose encoder also learns by contrast.
//
//   next ──────► encoder (no gradient) ► actor ► action' ┐
//   next ──────► key encoder ──────────► target Q ───────┴► target_q          every gradient step
//   observation ► encoder ► Q ─────────────────────────────► critic loss      every gradient step
//   observation ► encoder's maps, detached ► actor ► Q ────► actor loss       every 2nd
//   observation ► encoder ► anchor ┐
//   positive ───► key encoder ─────┴► W ───────────────────► contrastive loss every gradient step
//
// The key encoder is the momentum encoder of MoCo and at the same time the target network's
// encoder: one slow copy serves both. docs/algorithm.md lists every switch and what the reference
// does.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <memory>

#include "agents/adam.h"
#include "agents/agent.h"
#include "agents/curl_config.h"
#include "agents/networks.h"
#include "agents/squashed_gaussian.h"
#include "agents/step_graphs.h"
#include "encoders/contrastive.h"
#include "encoders/pixel_encoder.h"

namespace curl_rl::agents {

/// What the agent must know of the task.
struct AgentSpec {
  std::int64_t channels = 9;    // of a stacked, cropped observation; 0: state vectors
  std::int64_t state_size = 0;  // of a stacked state vector; 0: pixels
  std::int64_t action_size = 1;
  std::uint64_t seed = 1;  // of initialisation, exploration and policy noise
  torch::Device device = torch::kCPU;
};

/// Standard normal draws of one update, [B, A] each.
struct UpdateNoise {
  torch::Tensor next;     // for the action on next_observation
  torch::Tensor current;  // for the action on observation; undefined where the actor rests
};

class CurlAgent : public Agent {
 public:
  /// Throws std::invalid_argument that names the key for settings that cannot work.
  /// On CUDA, unless config.cuda_graphs is false, updates are recorded and replayed: metrics of an
  /// update are then overwritten by a later one, and a batch in the same memory as the one before
  /// (ReplayBuffer::SampleInto) is not copied.
  CurlAgent(const CurlConfig& config, const AgentSpec& spec);

  torch::Tensor Act(const torch::Tensor& observation, ActMode mode) override;
  Insight Inspect(const torch::Tensor& observation) override;
  NamedTensors Update(const replay::Batch& batch) override;
  NamedTensors Save() const override;
  void Load(const NamedTensors& tensors) override;

  /// Update with noise of the caller's: to reproduce a recorded update.
  NamedTensors UpdateWithNoise(const replay::Batch& batch, const UpdateNoise& noise);

  /// What the policy and the critic make of a batch of observations (as in replay::Batch).
  struct Evaluation {
    torch::Tensor features;  // [B, feature_dim] of the encoder
    torch::Tensor mean;      // [B, A] action without noise
    TwinQ q;                 // of `action`
  };
  Evaluation Evaluate(const torch::Tensor& observation, const torch::Tensor& action);

  std::int64_t gradient_step() const { return gradient_step_; }
  torch::Tensor temperature() const { return log_alpha_.detach().exp(); }

 private:
  // Which parts of the algorithm this gradient step runs.
  bool ActorStep() const { return gradient_step_ % config_.actor_update_freq == 0; }
  bool TargetStep() const { return gradient_step_ % config_.critic_target_update_freq == 0; }
  bool ContrastiveStep() const {
    return objective_ && gradient_step_ % config_.contrastive_update_freq == 0;
  }

  // One gradient step but for its count.
  NamedTensors Compute(const replay::Batch& batch, const UpdateNoise& noise);
  void PlaceInputs(const replay::Batch& batch);
  void UpdateInReferenceOrder(const replay::Batch& batch, const UpdateNoise& noise,
                              NamedTensors& metrics);
  void UpdateJointly(const replay::Batch& batch, const UpdateNoise& noise, NamedTensors& metrics);

  torch::Tensor TargetValue(const replay::Batch& batch, const torch::Tensor& noise);
  void UpdateActorAndTemperature(const torch::Tensor& maps, const torch::Tensor& features,
                                 const torch::Tensor& noise, NamedTensors& metrics);
  void UpdateTargets();
  torch::Tensor Contrast(const torch::Tensor& anchor, const torch::Tensor& positive,
                         NamedTensors& metrics);
  torch::Tensor DrawNoise(std::int64_t rows, at::Generator& stream) const;
  UpdateNoise DrawUpdateNoise(std::int64_t rows);
  torch::Tensor Seen(const torch::Tensor& observation) const;

  CurlConfig config_;
  AgentSpec spec_;
  SquashedGaussianOptions policy_;

  encoders::PixelEncoder encoder_{nullptr};      // query encoder; its convolutions serve the actor
  encoders::PixelEncoder key_encoder_{nullptr};  // momentum copy of encoder_
  TwinQNet q_{nullptr};
  TwinQNet target_q_{nullptr};  // momentum copy of q_
  Actor actor_{nullptr};
  std::shared_ptr<encoders::ContrastiveObjective> objective_;  // null: contrastive none
  torch::Tensor log_alpha_;                                    // float64 scalar

  std::unique_ptr<Adam> critic_adam_;       // encoder, Q
  std::unique_ptr<Adam> actor_adam_;        // actor
  std::unique_ptr<Adam> temperature_adam_;  // log_alpha
  std::unique_ptr<Adam> contrastive_adam_;  // encoder (not in the joint schedule), objective

  // CUDA only: updates as recorded graphs, and the tensors that these read. Null: each as it comes.
  std::unique_ptr<StepGraphs> graphs_;
  replay::Batch graph_batch_;
  UpdateNoise graph_noise_;

  std::int64_t gradient_step_ = 0;
  at::Generator exploration_stream_;
  at::Generator policy_noise_stream_;
};

}  // namespace curl_rl::agents
