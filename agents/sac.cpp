// Soft actor-critic's losses and steps.
#include "agents/sac.h"

#include <torch/utils.h>

#include <cmath>

#include "agents/sac_losses.h"
#include "encoders/momentum.h"

namespace curl_rl::agents {
namespace {

// `rows` [B, n] as often one after the other as there are pictures of them: [count * B, n].
torch::Tensor Repeat(const torch::Tensor& rows, std::int64_t count) {
  return count == 1 ? rows : rows.repeat({count, 1});
}

}  // namespace

Sac::Sac(const SacConfig& config, const encoders::EncoderOptions& encoder, std::int64_t action_size,
         const at::Generator& stream, const torch::Device& device)
    : config_(config),
      action_size_(action_size),
      policy_{config.log_std_min, config.log_std_max, config.log_prob} {
  const auto make_q = [&](const at::Generator& from) {
    return TwinQNet(encoder.feature_dim, action_size, config.hidden_dim, encoder.precision, from);
  };
  q_ = register_module("q", make_q(stream));
  actor_ = register_module("actor", Actor(encoder, 2 * action_size, config.hidden_dim, stream));
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
  const auto gaussian = AsGaussian(actor_(maps));
  if (!noise.defined()) return gaussian.mean.tanh();
  return SampleSquashedGaussian(gaussian, noise, policy_).action;
}

Judged Sac::Judge(const torch::Tensor& maps, const torch::Tensor& features) {
  const auto gaussian = AsGaussian(actor_(maps));
  const auto sample = SampleSquashedGaussian(gaussian, torch::zeros_like(gaussian.mean), policy_);
  const auto q = q_(features, sample.mean);
  return {sample.mean, q.q1, q.q2, GaussianEntropies(sample.log_std), sample.log_std.exp()};
}

TwinQ Sac::Values(const torch::Tensor& features, const torch::Tensor& action) {
  return q_(features, action);
}

TwinQ Sac::TargetValues(const torch::Tensor& features, const torch::Tensor& action) {
  return target_q_(features, action);
}

void Sac::DrawNoise(std::int64_t batch_size, bool actor, at::Generator& stream,
                    NamedTensors& noise) const {
  // For the actions on each picture of next_observation.
  for (const auto& name : ViewNames("next", config_.next_views)) {
    encoders::DrawNormal(name, {batch_size, action_size_}, stream, noise);
  }
  if (actor) encoders::DrawNormal("current", {batch_size, action_size_}, stream, noise);
}

// Of all M pictures in one pass; [B, 1] the mean of their targets.
torch::Tensor Sac::TargetValue(encoders::Encodings& encodings, const NamedTensors& noise) {
  torch::NoGradGuard no_grad;
  const auto count = config_.next_views;
  const auto views = ViewNames("next_observation", count);
  std::vector<torch::Tensor> drawn;
  for (const auto& name : ViewNames("next", count)) drawn.push_back(replay::Get(noise, name));
  const auto gaussian = AsGaussian(actor_(encodings.MapsOfAll(views)));
  const auto next =
      SampleSquashedGaussian(gaussian, count == 1 ? drawn[0] : torch::cat(drawn), policy_);
  const auto target = target_q_(encodings.KeyFeaturesOfAll(views), next.action);
  const auto reward = Repeat(encodings.batch().at("reward"), count);
  const auto bootstrap = Repeat(encodings.batch().at("bootstrap"), count);
  const auto targets = TargetQ(reward, bootstrap, target, log_alpha_.exp(), next.log_pi);
  return count == 1 ? targets : targets.view({count, -1, 1}).mean(0);
}

torch::Tensor Sac::CriticLoss(encoders::Encodings& encodings, const NamedTensors& noise,
                              bool detach, NamedTensors& metrics) {
  torch::Tensor target_q;
  encodings.beside().Run([&] { target_q = TargetValue(encodings, noise); });
  const auto count = config_.observation_views;
  const auto views = ViewNames("observation", count);
  const auto features =
      detach ? encodings.FeaturesOfAllDetachedMaps(views) : encodings.FeaturesOfAll(views);
  const auto q = q_(features, Repeat(encodings.batch().at("action"), count));
  encodings.beside().Join();
  auto loss = agents::CriticLoss(q, Repeat(target_q, count));
  // It is the mean over all rows; that times K is the sum of the K pictures' losses.
  if (count > 1 && config_.view_loss == ViewLoss::kSum) loss = loss * count;
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
  const auto sample =
      SampleSquashedGaussian(AsGaussian(actor_(maps)), replay::Get(noise, "current"), policy_);
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
