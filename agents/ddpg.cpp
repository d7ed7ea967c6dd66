// DDPG's losses and steps.
#include "agents/ddpg.h"

#include <torch/utils.h>

#include <cmath>

#include "agents/sac_losses.h"
#include "encoders/momentum.h"

namespace curl_rl::agents {
namespace {

// As in the reference: actions stay this far within [-1, 1].
constexpr double kMargin = 1e-6;

// Entropy in nats of a Gaussian of `dimensions` equal deviations.
torch::Tensor EntropyOf(const torch::Tensor& stddev, std::int64_t dimensions) {
  const double constant = 0.5 * (1.0 + std::log(2.0 * M_PI));
  return (stddev.clamp_min(kMargin).log() + constant) * static_cast<double>(dimensions);
}

// Mean over rows of the log density of `offsets` [B, A] from the mean of such a Gaussian.
torch::Tensor LogProbOf(const torch::Tensor& offsets, const torch::Tensor& stddev) {
  const auto scale = stddev.clamp_min(kMargin);
  const auto each = -0.5 * (offsets / scale).square() - scale.log() - 0.5 * std::log(2.0 * M_PI);
  return each.sum(1).mean();
}

}  // namespace

Ddpg::Ddpg(const DdpgConfig& config, const encoders::EncoderOptions& encoder,
           std::int64_t action_size, const at::Generator& stream, const torch::Device& device)
    : config_(config), schedule_(config.stddev_schedule), action_size_(action_size) {
  const auto make_q = [&](const at::Generator& from) {
    return TwinQNet(encoder.feature_dim, action_size, config.hidden_dim, encoder.precision, from);
  };
  q_ = register_module("q", make_q(stream));
  actor_ = register_module("actor", Actor(encoder, action_size, config.hidden_dim, stream));
  // What it draws is overwritten: it must not move `stream`.
  target_q_ = register_module("target_q", make_q(at::detail::createCPUGenerator()));
  encoders::StartAsCopy(*q_, *target_q_);
  to(device);
  stddev_ = torch::empty({}, torch::TensorOptions().device(device));
  SetAgentStep(0);
  actor_adam_ = std::make_unique<Adam>(ParametersOf(*actor_, "actor", config.actor_lr));
}

void Ddpg::SetAgentStep(std::int64_t agent_step) { stddev_.fill_(schedule_.At(agent_step)); }

torch::Tensor Ddpg::Act(const torch::Tensor& maps, const torch::Tensor& noise) {
  const auto mean = actor_(maps).tanh();
  if (!noise.defined()) return mean;
  return (mean + stddev_ * noise).clamp(-1.0 + kMargin, 1.0 - kMargin);
}

Judged Ddpg::Judge(const torch::Tensor& maps, const torch::Tensor& features) {
  const auto action = actor_(maps).tanh();
  const auto q = q_(features, action);
  return {action, q.q1, q.q2, EntropyOf(stddev_, action_size_).expand({action.size(0)}),
          stddev_.expand_as(action)};
}

TwinQ Ddpg::Values(const torch::Tensor& features, const torch::Tensor& action) {
  return q_(features, action);
}

torch::Tensor Ddpg::TargetFeatures(encoders::Encodings& encodings, const std::string& view) const {
  return config_.target_convolutions == TargetConvolutions::kOnline
             ? encodings.KeyFeaturesOfOnlineMaps(view)
             : encodings.KeyFeatures(view);
}

TwinQ Ddpg::TargetValues(const torch::Tensor& features, const torch::Tensor& action) {
  return target_q_(features, action);
}

void Ddpg::DrawNoise(std::int64_t batch_size, bool actor, at::Generator& stream,
                     NamedTensors& noise) const {
  // For the action on next_observation.
  encoders::DrawNormal("next", {batch_size, action_size_}, stream, noise);
  if (actor) encoders::DrawNormal("current", {batch_size, action_size_}, stream, noise);
}

torch::Tensor Ddpg::SampleClipped(const torch::Tensor& mean, const torch::Tensor& noise) const {
  const auto clipped = (stddev_ * noise).clamp(-config_.stddev_clip, config_.stddev_clip);
  const auto action = mean + clipped;
  return action - action.detach() + action.detach().clamp(-1.0 + kMargin, 1.0 - kMargin);
}

torch::Tensor Ddpg::CriticLoss(encoders::Encodings& encodings, const NamedTensors& noise,
                               bool detach, NamedTensors& metrics) {
  torch::Tensor target_q;
  encodings.beside().Run([&] {
    torch::NoGradGuard no_grad;
    const auto mean = actor_(encodings.Maps("next_observation")).tanh();
    const auto action = SampleClipped(mean, replay::Get(noise, "next"));
    const auto target = target_q_(TargetFeatures(encodings, "next_observation"), action);
    const auto& batch = encodings.batch();
    target_q = batch.at("reward") + batch.at("bootstrap") * torch::min(target.q1, target.q2);
  });
  const auto features = detach ? encodings.FeaturesOfAllDetachedMaps({"observation"})
                               : encodings.Features("observation");
  const auto q = q_(features, encodings.batch().at("action"));
  encodings.beside().Join();
  const auto loss = agents::CriticLoss(q, target_q);
  metrics["critic_loss"] = loss.detach();
  metrics["q1"] = q.q1.detach().mean();
  metrics["q2"] = q.q2.detach().mean();
  metrics["target_q"] = target_q.mean();
  return loss;
}

std::vector<AdamParameter> Ddpg::critic_parameters() const {
  return ParametersOf(*q_, "q", config_.critic_lr);
}

void Ddpg::UpdateActor(const torch::Tensor& maps, const torch::Tensor& features,
                       const NamedTensors& noise, NamedTensors& metrics) {
  const auto mean = actor_(maps).tanh();
  const auto action = SampleClipped(mean, replay::Get(noise, "current"));
  const auto q = q_(features, action);
  const auto loss = -torch::min(q.q1, q.q2).mean();
  // Differentiates by the actor's parameters only: nothing is computed for those of Q.
  actor_adam_->Minimize(loss);
  metrics["actor_loss"] = loss.detach();
  metrics["log_pi"] = LogProbOf(action.detach() - mean.detach(), stddev_);
  metrics["policy_entropy"] = EntropyOf(stddev_, action_size_);
  metrics["policy_stddev"] = stddev_.clone();
}

void Ddpg::UpdateTargets() { encoders::MomentumUpdate(*q_, *target_q_, config_.critic_tau); }

std::vector<std::string> Ddpg::metric_names() const {
  return {"critic_loss",    "q1",           "q2", "target_q", "actor_loss", "log_pi",
          "policy_entropy", "policy_stddev"};
}

void Ddpg::SaveOptimizers(NamedTensors& tensors) const { actor_adam_->Save("actor_adam", tensors); }

void Ddpg::LoadOptimizers(const NamedTensors& tensors) { actor_adam_->Load("actor_adam", tensors); }

}  // namespace curl_rl::agents
