// Soft actor-critic (Haarnoja et al. 2018) as CURL's reference implementation runs it.
//
//   next ► actor ► action' ► target Q of the momentum encoder's features ► target_q
//   observation ► Q ► critic loss;  observation's maps, detached ► actor ► Q ► actor loss
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agents/actor_critic.h"
#include "agents/agent_config.h"
#include "agents/networks.h"
#include "agents/squashed_gaussian.h"
#include "encoders/pixel_encoder.h"

namespace curl_rl::agents {

class Sac : public ActorCritic {
 public:
  /// `stream`: of initialisation, drawn on the CPU whatever the device: the same seed starts from
  /// the same parameters. `encoder.channels` 0: `encoder.feature_dim` is the state vector's size.
  Sac(const SacConfig& config, const encoders::EncoderOptions& encoder, std::int64_t action_size,
      const at::Generator& stream, const torch::Device& device);

  torch::Tensor Act(const torch::Tensor& maps, const torch::Tensor& noise) override;
  Judged Judge(const torch::Tensor& maps, const torch::Tensor& features) override;
  TwinQ Values(const torch::Tensor& features, const torch::Tensor& action) override;
  torch::Tensor TargetFeatures(encoders::Encodings& encodings,
                               const std::string& view) const override {
    return encodings.KeyFeatures(view);
  }
  TwinQ TargetValues(const torch::Tensor& features, const torch::Tensor& action) override;
  ViewCounts view_counts() const override {
    return {config_.observation_views, config_.next_views};
  }
  void DrawNoise(std::int64_t batch_size, bool actor, at::Generator& stream,
                 NamedTensors& noise) const override;
  bool ActorStep(std::int64_t step) const override { return step % config_.actor_update_freq == 0; }
  bool TargetStep(std::int64_t step) const override {
    return step % config_.critic_target_update_freq == 0;
  }
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

  torch::Tensor temperature() const { return log_alpha_.detach().exp(); }

 private:
  torch::Tensor TargetValue(encoders::Encodings& encodings, const NamedTensors& noise);

  SacConfig config_;
  std::int64_t action_size_;
  SquashedGaussianOptions policy_;
  TwinQNet q_{nullptr};
  TwinQNet target_q_{nullptr};  // momentum copy of q_
  Actor actor_{nullptr};
  torch::Tensor log_alpha_;                 // float64 scalar
  std::unique_ptr<Adam> actor_adam_;        // actor
  std::unique_ptr<Adam> temperature_adam_;  // log_alpha
};

}  // namespace curl_rl::agents
