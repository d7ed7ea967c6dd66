#include "agents/curl_agent.h"

#include <cmath>
#include <sstream>
#include <stdexcept>

#include "agents/sac_losses.h"
#include "encoders/momentum.h"
#include "replay/gather.h"
#include "replay/random_stream.h"

namespace curl_rl::agents {
namespace {

using replay::StreamPurpose;

torch::ScalarType Precision(const std::string& name, const torch::Device& device) {
  if (name == "float32" || (name == "tf32" && device.is_cuda())) return torch::kFloat32;
  if (name == "bfloat16") return torch::kBFloat16;
  throw std::invalid_argument("agent.precision: got '" + name + "', allowed on " + device.str() +
                              ": float32, bfloat16" + (device.is_cuda() ? ", tf32" : ""));
}

encoders::EncoderOptions MakeEncoderOptions(const CurlConfig& config, const AgentSpec& spec) {
  encoders::EncoderOptions options;
  options.channels = spec.channels;
  options.image_size = config.crop_size;
  options.num_layers = config.num_layers;
  options.num_filters = config.num_filters;
  options.feature_dim = spec.channels > 0 ? config.feature_dim : spec.state_size;
  options.conv_init = config.conv_init;
  options.tanh = config.encoder_tanh;
  options.precision = Precision(config.precision, spec.device);
  return options;
}

void CheckChoice(const std::string& key, const std::string& got, const std::string& first,
                 const std::string& second) {
  if (got != first && got != second) {
    throw std::invalid_argument("agent." + key + ": got '" + got + "', allowed: " + first + ", " +
                                second);
  }
}

// Adds all parameters of `module` to `tensors` as prefix.<name>.
void SaveModule(const torch::nn::Module& module, const std::string& prefix, NamedTensors& tensors) {
  for (const auto& item : module.named_parameters()) {
    tensors[prefix + "." + item.key()] = item.value().detach();
  }
}

std::vector<AdamParameter> Join(std::vector<AdamParameter> first,
                                const std::vector<AdamParameter>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace

CurlAgent::CurlAgent(const CurlConfig& config, const AgentSpec& spec)
    : config_(config),
      spec_(spec),
      policy_{config.log_std_min, config.log_std_max, config.log_prob},
      exploration_stream_(replay::MakeStream(spec.seed, StreamPurpose::kExploration)),
      policy_noise_stream_(
          replay::MakeStream(spec.seed, StreamPurpose::kPolicyNoise, spec.device)) {
  CheckChoice("schedule", config.schedule, "reference", "joint");
  CheckChoice("log_prob", config.log_prob, "reference", "exact");
  if (spec.channels == 0 && config.contrastive != "none") {
    throw std::invalid_argument("agent.contrastive: got '" + config.contrastive +
                                "' with observation: state, allowed: none (there is no encoder)");
  }
  // Drawn on the CPU whatever the device: the same seed starts from the same parameters.
  const auto stream = replay::MakeStream(spec.seed, StreamPurpose::kInitialization);
  const auto options = MakeEncoderOptions(config, spec);
  encoder_ = encoders::PixelEncoder(options, stream);
  q_ =
      TwinQNet(options.feature_dim, spec.action_size, config.hidden_dim, options.precision, stream);
  actor_ = Actor(options, spec.action_size, config.hidden_dim, stream);
  objective_ = encoders::MakeContrastiveObjective(config.contrastive, options.feature_dim, stream);
  key_encoder_ = encoders::PixelEncoder(options, stream);
  target_q_ =
      TwinQNet(options.feature_dim, spec.action_size, config.hidden_dim, options.precision, stream);
  encoders::StartAsCopy(*encoder_, *key_encoder_);
  encoders::StartAsCopy(*q_, *target_q_);
  log_alpha_ = torch::tensor(std::log(config.init_temperature), torch::kFloat64);

  for (torch::nn::Module* module :
       {static_cast<torch::nn::Module*>(encoder_.get()),
        static_cast<torch::nn::Module*>(key_encoder_.get()),
        static_cast<torch::nn::Module*>(q_.get()), static_cast<torch::nn::Module*>(target_q_.get()),
        static_cast<torch::nn::Module*>(actor_.get()),
        static_cast<torch::nn::Module*>(objective_.get())}) {
    if (module != nullptr) module->to(spec.device);
  }
  log_alpha_ = log_alpha_.to(spec.device).set_requires_grad(true);

  const bool joint = config.schedule == "joint";
  critic_adam_ = std::make_unique<Adam>(Join(ParametersOf(*encoder_, "encoder", config.critic_lr),
                                             ParametersOf(*q_, "q", config.critic_lr)));
  actor_adam_ = std::make_unique<Adam>(ParametersOf(*actor_, "actor", config.actor_lr));
  temperature_adam_ = std::make_unique<Adam>(
      std::vector<AdamParameter>{{"log_alpha", log_alpha_, config.temperature_lr}},
      config.temperature_beta1);
  if (objective_) {
    // The reference steps the encoder with two Adams that see the same gradients and so hold the
    // same moments: one Adam at twice the rate is equal.
    const auto encoder_lr = config.encoder_lr * config.contrastive_encoder_lr_scale;
    auto parameters = ParametersOf(*objective_, "objective", config.encoder_lr);
    if (!joint) parameters = Join(ParametersOf(*encoder_, "encoder", encoder_lr), parameters);
    contrastive_adam_ = std::make_unique<Adam>(std::move(parameters));
  }
  if (spec.device.is_cuda() && config.cuda_graphs) {
    graphs_ = std::make_unique<StepGraphs>(spec.device);
  }
}

torch::Tensor CurlAgent::DrawNoise(std::int64_t rows, at::Generator& stream) const {
  return torch::randn({rows, spec_.action_size}, stream,
                      torch::TensorOptions().device(stream.device()));
}

// What the networks are given of an observation as rendered.
torch::Tensor CurlAgent::Seen(const torch::Tensor& observation) const {
  return spec_.channels > 0 ? replay::CenterCrop(observation, config_.crop_size) : observation;
}

torch::Tensor CurlAgent::Act(const torch::Tensor& observation, ActMode mode) {
  torch::NoGradGuard no_grad;
  const auto gaussian = actor_(encoder_->Maps(Seen(observation).to(spec_.device)));
  if (mode == ActMode::kMean) return gaussian.mean.tanh().to(torch::kCPU, torch::kFloat64);
  const auto noise = DrawNoise(observation.size(0), exploration_stream_).to(spec_.device);
  return SampleSquashedGaussian(gaussian, noise, policy_).action.to(torch::kCPU, torch::kFloat64);
}

Insight CurlAgent::Inspect(const torch::Tensor& observation) {
  torch::NoGradGuard no_grad;
  Insight insight;
  insight.seen = Seen(observation).to(torch::kCPU);
  const auto maps = encoder_->Maps(insight.seen.to(spec_.device));
  const auto gaussian = actor_(maps);
  const auto sample = SampleSquashedGaussian(gaussian, torch::zeros_like(gaussian.mean), policy_);
  const auto q = q_(encoder_->Features(maps), sample.mean);
  insight.action = sample.mean.to(torch::kCPU, torch::kFloat64);
  insight.q1 = q.q1.squeeze(1).to(torch::kCPU, torch::kFloat32);
  insight.q2 = q.q2.squeeze(1).to(torch::kCPU, torch::kFloat32);
  insight.policy_entropy = GaussianEntropies(sample.log_std).to(torch::kCPU, torch::kFloat32);
  return insight;
}

UpdateNoise CurlAgent::DrawUpdateNoise(std::int64_t rows) {
  UpdateNoise noise;
  noise.next = DrawNoise(rows, policy_noise_stream_);
  if (ActorStep()) noise.current = DrawNoise(rows, policy_noise_stream_);
  return noise;
}

NamedTensors CurlAgent::Update(const replay::Batch& batch) {
  return UpdateWithNoise(batch, DrawUpdateNoise(batch.action.size(0)));
}

NamedTensors CurlAgent::UpdateWithNoise(const replay::Batch& batch, const UpdateNoise& noise) {
  NamedTensors metrics;
  if (graphs_) {
    PlaceInputs(batch);
    graph_noise_.next.copy_(noise.next);
    if (noise.current.defined()) graph_noise_.current.copy_(noise.current);
    const int kind = (ActorStep() ? 1 : 0) + (TargetStep() ? 2 : 0) + (ContrastiveStep() ? 4 : 0);
    metrics = graphs_->Run(kind, [this] { return Compute(graph_batch_, graph_noise_); });
  } else {
    metrics = Compute(batch, noise);
  }
  ++gradient_step_;
  return metrics;
}

// Makes graph_batch_ equal to `batch`, in the memory that the graphs read.
void CurlAgent::PlaceInputs(const replay::Batch& batch) {
  const auto& action = graph_batch_.action;
  if (!action.defined() || action.sizes() != batch.action.sizes()) {
    graphs_->Clear();
    graph_batch_ = batch;
    graph_noise_ = {torch::empty_like(batch.action), torch::empty_like(batch.action)};
    return;
  }
  for (const auto part :
       {&replay::Batch::observation, &replay::Batch::next_observation, &replay::Batch::positive,
        &replay::Batch::action, &replay::Batch::reward, &replay::Batch::not_terminal}) {
    auto& own = graph_batch_.*part;
    const auto& given = batch.*part;
    if (given.defined() && own.data_ptr() != given.data_ptr()) own.copy_(given);
  }
}

NamedTensors CurlAgent::Compute(const replay::Batch& batch, const UpdateNoise& noise) {
  NamedTensors metrics;
  metrics["batch_reward"] = batch.reward.mean();
  if (config_.schedule == "joint") {
    UpdateJointly(batch, noise, metrics);
  } else {
    UpdateInReferenceOrder(batch, noise, metrics);
  }
  return metrics;
}

// The reference's order. Between steps 1 and 5 nothing changes the encoder, so one pass over
// `observation` serves the actor, the Q of its action and the anchor.
void CurlAgent::UpdateInReferenceOrder(const replay::Batch& batch, const UpdateNoise& noise,
                                       NamedTensors& metrics) {
  // 1. Critic: Q heads and encoder.
  {
    const auto target_q = TargetValue(batch, noise.next);
    auto maps = encoder_->Maps(batch.observation);
    if (config_.detach_encoder) maps = maps.detach();
    const auto q = q_(encoder_->Features(maps), batch.action);
    const auto loss = CriticLoss(q, target_q);
    critic_adam_->Minimize(loss);
    metrics["critic_loss"] = loss.detach();
    metrics["q1"] = q.q1.detach().mean();
    metrics["target_q"] = target_q.mean();
  }
  const bool contrastive_step = ContrastiveStep();
  torch::Tensor maps, features;
  if (ActorStep() || contrastive_step) {
    const torch::AutoGradMode gradient(contrastive_step);
    maps = encoder_->Maps(batch.observation);
    features = encoder_->Features(maps);
  }
  // 2. Actor, 3. temperature.
  if (ActorStep()) {
    UpdateActorAndTemperature(maps.detach(), features.detach(), noise.current, metrics);
  }
  // 4. Targets: target Q and key encoder.
  if (TargetStep()) UpdateTargets();
  // 5. Contrast: encoder and W, against keys of the key encoder as it is after step 4.
  if (contrastive_step) {
    contrastive_adam_->Minimize(Contrast(features, batch.positive, metrics));
  }
}

// One forward and one backward pass of the encoder for both losses. It differs from the reference's
// order in three things: the contrastive gradient is taken before the critic's step, one Adam state
// serves both losses, and keys are encoded before the momentum update.
void CurlAgent::UpdateJointly(const replay::Batch& batch, const UpdateNoise& noise,
                              NamedTensors& metrics) {
  // 1. Critic and contrast.
  const auto target_q = TargetValue(batch, noise.next);
  const auto maps = encoder_->Maps(batch.observation);
  const auto features = encoder_->Features(maps);
  const auto critic_features =
      config_.detach_encoder ? encoder_->Features(maps.detach()) : features;
  const auto q = q_(critic_features, batch.action);
  const auto critic_loss = CriticLoss(q, target_q);
  auto loss = critic_loss;
  auto parameters = critic_adam_->values();
  const auto critic_count = parameters.size();
  if (ContrastiveStep()) {
    loss = loss + Contrast(features, batch.positive, metrics);
    const auto& own = contrastive_adam_->values();
    parameters.insert(parameters.end(), own.begin(), own.end());
  }
  const auto gradients =
      torch::autograd::grad({loss}, parameters, {}, c10::nullopt, false, /*allow_unused=*/true);
  const auto split = gradients.begin() + static_cast<std::ptrdiff_t>(critic_count);
  critic_adam_->Step({gradients.begin(), split});
  if (ContrastiveStep()) contrastive_adam_->Step({split, gradients.end()});
  metrics["critic_loss"] = critic_loss.detach();
  metrics["q1"] = q.q1.detach().mean();
  metrics["target_q"] = target_q.mean();
  // 2. Actor, 3. temperature: on the features of step 1.
  if (ActorStep()) {
    UpdateActorAndTemperature(maps.detach(), features.detach(), noise.current, metrics);
  }
  // 4. Targets.
  if (TargetStep()) UpdateTargets();
}

torch::Tensor CurlAgent::TargetValue(const replay::Batch& batch, const torch::Tensor& noise) {
  torch::NoGradGuard no_grad;
  const auto next =
      SampleSquashedGaussian(actor_(encoder_->Maps(batch.next_observation)), noise, policy_);
  const auto target = target_q_(key_encoder_(batch.next_observation), next.action);
  return TargetQ(batch.reward, batch.not_terminal, config_.discount, target, log_alpha_.exp(),
                 next.log_pi);
}

// `maps` and `features` carry no gradient: the actor does not train the encoder.
void CurlAgent::UpdateActorAndTemperature(const torch::Tensor& maps, const torch::Tensor& features,
                                          const torch::Tensor& noise, NamedTensors& metrics) {
  const auto sample = SampleSquashedGaussian(actor_(maps), noise, policy_);
  const auto loss = ActorLoss(temperature(), sample.log_pi, q_(features, sample.action));
  // Differentiates by the actor's parameters only: nothing is computed for those of Q.
  actor_adam_->Minimize(loss);

  const double target_entropy = -static_cast<double>(spec_.action_size);
  metrics["actor_loss"] = loss.detach();
  metrics["policy_entropy"] = GaussianEntropy(sample.log_std.detach());
  metrics["temperature"] = temperature();
  const auto temperature_loss = TemperatureLoss(log_alpha_, sample.log_pi.detach(), target_entropy);
  temperature_adam_->Minimize(temperature_loss);
  metrics["temperature_loss"] = temperature_loss.detach();
}

void CurlAgent::UpdateTargets() {
  encoders::MomentumUpdate(*q_, *target_q_, config_.critic_tau);
  encoders::MomentumUpdate(*encoder_, *key_encoder_, config_.encoder_tau);
}

torch::Tensor CurlAgent::Contrast(const torch::Tensor& anchor, const torch::Tensor& positive,
                                  NamedTensors& metrics) {
  torch::Tensor key;
  {
    torch::NoGradGuard no_grad;
    key = key_encoder_(positive);
  }
  const auto result = objective_->Evaluate(anchor, key);
  metrics["contrastive_loss"] = result.loss.detach();
  metrics["contrastive_accuracy"] = result.accuracy;
  return result.loss;
}

CurlAgent::Evaluation CurlAgent::Evaluate(const torch::Tensor& observation,
                                          const torch::Tensor& action) {
  torch::NoGradGuard no_grad;
  const auto maps = encoder_->Maps(observation);
  const auto features = encoder_->Features(maps);
  return {features, actor_(maps).mean.tanh(), q_(features, action)};
}

NamedTensors CurlAgent::Save() const {
  NamedTensors tensors;
  SaveModule(*encoder_, "encoder", tensors);
  SaveModule(*key_encoder_, "key_encoder", tensors);
  SaveModule(*q_, "q", tensors);
  SaveModule(*target_q_, "target_q", tensors);
  SaveModule(*actor_, "actor", tensors);
  if (objective_) SaveModule(*objective_, "objective", tensors);
  tensors["log_alpha"] = log_alpha_.detach();
  critic_adam_->Save("critic_adam", tensors);
  actor_adam_->Save("actor_adam", tensors);
  temperature_adam_->Save("temperature_adam", tensors);
  if (contrastive_adam_) contrastive_adam_->Save("contrastive_adam", tensors);
  tensors["gradient_step"] = torch::tensor(gradient_step_, torch::kInt64);
  tensors["exploration_stream"] = replay::SaveStream(exploration_stream_);
  tensors["policy_noise_stream"] = replay::SaveStream(policy_noise_stream_);
  return tensors;
}

void CurlAgent::Load(const NamedTensors& tensors) {
  torch::NoGradGuard no_grad;
  // Everything is looked at before anything is changed.
  const auto own = Save();
  for (const auto& [name, tensor] : own) {
    const auto& saved = replay::Get(tensors, name);
    if (saved.sizes() != tensor.sizes() || saved.scalar_type() != tensor.scalar_type()) {
      std::ostringstream message;
      message << "saved agent: '" << name << "' is " << saved.scalar_type() << ' ' << saved.sizes()
              << ", needed: " << tensor.scalar_type() << ' ' << tensor.sizes();
      throw std::runtime_error(message.str());
    }
  }
  // Parameters and moments share memory with what Save gave.
  for (const auto& [name, tensor] : own) tensor.copy_(tensors.at(name));
  critic_adam_->Load("critic_adam", tensors);
  actor_adam_->Load("actor_adam", tensors);
  temperature_adam_->Load("temperature_adam", tensors);
  if (contrastive_adam_) contrastive_adam_->Load("contrastive_adam", tensors);
  gradient_step_ = tensors.at("gradient_step").item<std::int64_t>();
  replay::LoadStream(exploration_stream_, tensors.at("exploration_stream"));
  replay::LoadStream(policy_noise_stream_, tensors.at("policy_noise_stream"));
}

}  // namespace curl_rl::agents
