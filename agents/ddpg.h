// Deep deterministic policy gradient as DrQ-v2 runs it (Yarats, Fergus, Lazaric, Pinto 2021).
//
//   next ► encoder ► actor + clipped noise ► action' ► target Q of the momentum projection ►
//   target_q observation ► encoder ► Q ► critic loss;  its maps, detached ► actor + clipped noise ►
//   Q ► loss
//
// The learner's encoder is DrQ-v2's encoder and its critic's trunk: the convolutions are the
// former, the projection (linear, LayerNorm, tanh) the latter. The target critic is the target
// heads on the key encoder's projection, on the online convolutions' maps: DrQ-v2 has no slow
// convolutions.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agents/actor_critic.h"
#include "agents/ddpg_config.h"
#include "agents/networks.h"
#include "encoders/pixel_encoder.h"

namespace curl_rl::agents {

class Ddpg : public ActorCritic {
 public:
  /// As Sac's. Throws std::invalid_argument for a schedule that is none.
  Ddpg(const DdpgConfig& config, const encoders::EncoderOptions& encoder, std::int64_t action_size,
       const at::Generator& stream, const torch::Device& device);

  torch::Tensor Act(const torch::Tensor& maps, const torch::Tensor& noise) override;
  Judged Judge(const torch::Tensor& maps, const torch::Tensor& features) override;
  TwinQ Values(const torch::Tensor& features, const torch::Tensor& action) override;
  torch::Tensor TargetFeatures(encoders::Encodings& encodings,
                               const std::string& view) const override;
  TwinQ TargetValues(const torch::Tensor& features, const torch::Tensor& action) override;
  void SetAgentStep(std::int64_t agent_step) override;
  void DrawNoise(std::int64_t batch_size, bool actor, at::Generator& stream,
                 NamedTensors& noise) const override;
  bool ActorStep(std::int64_t step) const override { return step % config_.actor_update_freq == 0; }
  bool TargetStep(std::int64_t step) const override {
    return step % config_.critic_target_update_freq == 0;
  }
  bool actor_sees_stale_maps() const override { return config_.actor_maps == ActorMaps::kStale; }
  torch::Tensor CriticLoss(encoders::Encodings& encodings, const NamedTensors& noise, bool detach,
                           NamedTensors& metrics) override;
  std::vector<AdamParameter> critic_parameters() const override;
  double encoder_lr() const override { return config_.critic_lr; }
  void UpdateActor(const torch::Tensor& maps, const torch::Tensor& features,
                   const NamedTensors& noise, NamedTensors& metrics) override;
  void UpdateTargets() override;
  std::vector<std::string> metric_names() const override;
  void SaveOptimizers(NamedTensors& tensors) const override;
  void LoadOptimizers(const NamedTensors& tensors) override;

 private:
  // tanh(mean) + clip(stddev * noise, ±stddev_clip), clamped within (-1, 1); the gradient is that
  // of the mean, as if nothing had been clamped (straight through).
  torch::Tensor SampleClipped(const torch::Tensor& mean, const torch::Tensor& noise) const;

  DdpgConfig config_;
  StddevSchedule schedule_;
  std::int64_t action_size_;
  TwinQNet q_{nullptr};
  TwinQNet target_q_{nullptr};  // momentum copy of q_
  Actor actor_{nullptr};
  // The schedule's value now. Follows from the agent step, so it is not saved; written in place,
  // where recorded steps read it.
  torch::Tensor stddev_;              // float32 scalar
  std::unique_ptr<Adam> actor_adam_;  // actor
};

}  // namespace curl_rl::agents
