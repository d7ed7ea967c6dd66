// Soft actor-critic's losses and steps.
#include "agents/sac.h"

#include <cmath>

#include "agents/sac_losses.h"
#include "encoders/momentum.h"

namespace curl_rl::agents {

Sac::Sac(const SacConfig& config, const encoders::EncoderOptions& encoder, std::int64_t action_size,
         const at::Generator& stream, const torch::Device& device)
    : config_(config),
      action_size_(action_size),
      policy_{config.log_std_min, config.log_std_max, config.log_prob} {
  const auto make_q = [&](const at::Generator& from) {
    return TwinQNet(encoder.feature_dim, action_size, config.hidden_dim, encoder.precision, from);
  };
  q_ = register_module("q", make_q(stream));
  actor_ = register_module("actor", Actor(encoder, action_size, config.hidden_dim, stream));
  // What it draws is overwritten: it must not move `stream`.
  target_q_ = register_module("target_q", make_q(at::detail::createCPUGenerator()));
  encoders::StartAsCopy(*q_, *target_q_);
  to(device);
  log_alpha_ = register_parameter(
      "log_alpha", torch::tensor(std::log(config.init_temperature), torch::kFloat64).to(device));
  actor_adam_ = std::make_unique<Adam>(ParametersOf(*actor_, "actor", config.actor_lr));
  temperature_adam_ = std::make_unique<Adam>(
      std::vector<AdamParameter>{{"log_alpha", log_alpha_, config.temperature_lr}},
      config.temperature_beta1);
}

torch::Tensor Sac::Act(const torch::Tensor& maps, const torch::Tensor& noise) {
  const auto gaussian = actor_(maps);
  if (!noise.defined()) return gaussian.mean.tanh();
  return SampleSquashedGaussian(gaussian, noise, policy_).action;
}

Judged Sac::Judge(const torch::Tensor& maps, const torch::Tensor& features) {
  const auto gaussian = actor_(maps);
  const auto sample = SampleSquashedGaussian(gaussian, torch::zeros_like(gaussian.mean), policy_);
  const auto q = q_(features, sample.mean);
  return {sample.mean, q.q1, q.q2, GaussianEntropies(sample.log_std)};
}

TwinQ Sac::Values(const torch::Tensor& features, const torch::Tensor& action) {
  return q_(features, action);
}

void Sac::DrawNoise(std::int64_t batch_size, bool actor, at::Generator& stream,
                    NamedTensors& noise) const {
  // For the action on next_observation.
  encoders::DrawNormal("next", {batch_size, action_size_}, stream, noise);
  if (actor) encoders::DrawNormal("current", {batch_size, action_size_}, stream, noise);
}

torch::Tensor Sac::TargetValue(encoders::Encodings& encodings, const torch::Tensor& noise) {
  torch::NoGradGuard no_grad;
  const auto next =
      SampleSquashedGaussian(actor_(encodings.Maps("next_observation")), noise, policy_);
  const auto target = target_q_(encodings.KeyFeatures("next_observation"), next.action);
  const auto& batch = encodings.batch();
  return TargetQ(batch.at("reward"), batch.at("bootstrap"), target, log_alpha_.exp(), next.log_pi);
}

torch::Tensor Sac::CriticLoss(encoders::Encodings& encodings, const NamedTensors& noise,
                              bool detach, NamedTensors& metrics) {
  torch::Tensor target_q;
  encodings.beside().Run([&] { target_q = TargetValue(encodings, replay::Get(noise, "next")); });
  const auto features =
      detach ? encodings.FeaturesOfDetachedMaps("observation") : encodings.Features("observation");
  const auto q = q_(features, encodings.batch().at("action"));
  encodings.beside().Join();
  const auto loss = agents::CriticLoss(q, target_q);
  metrics["critic_loss"] = loss.detach();
  metrics["q1"] = q.q1.detach().mean();
  metrics["target_q"] = target_q.mean();
  return loss;
}

std::vector<AdamParameter> Sac::critic_parameters() const {
  return ParametersOf(*q_, "q", config_.critic_lr);
}

void Sac::UpdateActor(const torch::Tensor& maps, const torch::Tensor& features,
                      const NamedTensors& noise, NamedTensors& metrics) {
  const auto sample = SampleSquashedGaussian(actor_(maps), replay::Get(noise, "current"), policy_);
  const auto loss = ActorLoss(temperature(), sample.log_pi, q_(features, sample.action));
  // Differentiates by the actor's parameters only: nothing is computed for those of Q.
  actor_adam_->Minimize(loss);

  const double target_entropy = -static_cast<double>(action_size_);
  metrics["actor_loss"] = loss.detach();
  metrics["policy_entropy"] = GaussianEntropy(sample.log_std.detach());
  metrics["temperature"] = temperature();
  const auto temperature_loss = TemperatureLoss(log_alpha_, sample.log_pi.detach(), target_entropy);
  temperature_adam_->Minimize(temperature_loss);
  metrics["temperature_loss"] = temperature_loss.detach();
}

void Sac::UpdateTargets() { encoders::MomentumUpdate(*q_, *target_q_, config_.critic_tau); }

std::vector<std::string> Sac::metric_names() const {
  return {"critic_loss",    "q1",          "target_q",        "actor_loss",
          "policy_entropy", "temperature", "temperature_loss"};
}

void Sac::SaveOptimizers(NamedTensors& tensors) const {
  actor_adam_->Save("actor_adam", tensors);
  temperature_adam_->Save("temperature_adam", tensors);
}

void Sac::LoadOptimizers(const NamedTensors& tensors) {
  actor_adam_->Load("actor_adam", tensors);
  temperature_adam_->Load("temperature_adam", tensors);
}

}  // namespace curl_rl::agents
