// One gradient step, in numbered parts, and what surrounds it.
#include "agents/learner.h"

#include <torch/autograd.h>
#include <torch/utils.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "agents/make_actor_critic.h"
#include "agents/metrics.h"
#include "encoders/momentum.h"
#include "replay/gather.h"
#include "replay/random_stream.h"

namespace curl_rl::agents {
namespace {

using replay::StreamPurpose;

torch::ScalarType TypeOf(Precision precision, const torch::Device& device) {
  if (precision == Precision::kBFloat16) return torch::kBFloat16;
  if (precision == Precision::kFloat32 || device.is_cuda()) return torch::kFloat32;
  throw std::invalid_argument("agent.precision: got 'tf32', allowed on " + device.str() +
                              ": float32, bfloat16");
}

encoders::EncoderOptions MakeEncoderOptions(const AgentConfig& config, const AgentSpec& spec) {
  encoders::EncoderOptions options;
  options.channels = spec.channels;
  options.image_size = config.picture_side();
  options.num_layers = config.encoder.num_layers;
  options.num_filters = config.encoder.num_filters;
  options.feature_dim = spec.channels > 0 ? config.encoder.feature_dim : spec.state_size;
  options.conv_init = config.encoder.conv_init;
  options.tanh = config.encoder.tanh;
  options.input_offset = config.encoder.input_offset;
  options.precision = TypeOf(config.precision, spec.device);
  return options;
}

replay::View ObservationView(const AgentConfig& config) {
  replay::View view;
  view.name = "observation";
  view.window = config.window;
  view.size = config.crop_size;
  view.crop_range = config.crop_range;
  view.pad = config.shift_pad;
  return view;
}

// The critic's pictures: all observations, then all next ones.
std::vector<replay::View> CriticViews(const AgentConfig& config, const ViewCounts& counts) {
  std::vector<replay::View> views;
  auto view = ObservationView(config);
  for (const auto& name : ViewNames("observation", counts.observation)) {
    view.name = name;
    views.push_back(view);
  }
  view.of = replay::ViewOf::kNext;
  for (const auto& name : ViewNames("next_observation", counts.next_observation)) {
    view.name = name;
    views.push_back(view);
  }
  return views;
}

std::vector<std::string> NamesOf(const std::vector<replay::View>& views) {
  std::vector<std::string> names;
  for (const auto& view : views) names.push_back(view.name);
  return names;
}

std::vector<AdamParameter> Join(std::vector<AdamParameter> first,
                                const std::vector<AdamParameter>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace

Learner::Learner(const AgentConfig& config, const AgentSpec& spec)
    : config_(config),
      spec_(spec),
      beside_(spec.device),
      exploration_stream_(replay::MakeStream(spec.seed, StreamPurpose::kExploration)),
      policy_noise_stream_(
          replay::MakeStream(spec.seed, StreamPurpose::kPolicyNoise, spec.device)) {
  if (spec.channels == 0 && !config.augment.kinds.empty()) {
    throw std::invalid_argument("agent.augment.kinds: got '" + config.augment.kinds[0].kind +
                                "' with observation: state, allowed: none (there are no pictures)");
  }
  if (spec.channels == 0 && !config.objectives.empty()) {
    throw std::invalid_argument("agent.objectives: got '" + config.objectives[0]->info().name +
                                "' with observation: state, allowed: none (there is no encoder)");
  }
  // Drawn on the CPU whatever the device: the same seed starts from the same parameters.
  const auto stream = replay::MakeStream(spec.seed, StreamPurpose::kInitialization);
  const auto options = MakeEncoderOptions(config, spec);
  encoder_ = encoders::PixelEncoder(options, stream);
  actor_critic_ = MakeActorCritic(config, options, spec, stream);

  batch_spec_.batch_size = config.batch_size;
  batch_spec_.discount = config.discount;
  batch_spec_.n_step = config.n_step;
  batch_spec_.whole_windows = config.n_step_windows == NStepWindows::kWhole;
  batch_spec_.bootstrap_terminal = config.bootstrap_terminal;
  batch_spec_.dtype = options.precision;
  batch_spec_.views = CriticViews(config, actor_critic_->view_counts());
  const auto critic_views = NamesOf(batch_spec_.views);
  std::vector<std::string> objective_views;
  MakeObjectives(options, stream, objective_views);
  augmented_ =
      std::make_unique<AugmentedViews>(config.augment, config.crop_size, batch_spec_.views,
                                       critic_views, objective_views, spec.seed, spec.device);

  key_encoder_ = encoders::PixelEncoder(options, stream);
  encoders::StartAsCopy(*encoder_, *key_encoder_);
  encoder_->to(spec.device);
  key_encoder_->to(spec.device);
  for (auto& part : parts_) part.objective->to(spec.device);

  critic_adam_ =
      std::make_unique<Adam>(Join(ParametersOf(*encoder_, "encoder", actor_critic_->encoder_lr()),
                                  actor_critic_->critic_parameters()));
  for (auto& part : parts_) {
    auto parameters =
        ParametersOf(*part.objective, "objective", part.common.lr, part.objective->weight_decay());
    if (config.schedule != Schedule::kJoint) {
      const auto encoder_lr = part.common.lr * part.common.encoder_lr_scale;
      parameters = Join(ParametersOf(*encoder_, "encoder", encoder_lr), parameters);
    }
    part.adam = std::make_unique<Adam>(std::move(parameters));
  }
  if (spec.device.is_cuda() && config.cuda_graphs) {
    graphs_ = std::make_unique<StepGraphs>(spec.device);
    acting_ = std::make_unique<RecordedActing>(
        spec.device, [this](const torch::Tensor& observation, const torch::Tensor& noise) {
          const auto seen = Seen(observation, /*training=*/noise.defined());
          return actor_critic_->Act(encoder_->Maps(seen), noise).to(torch::kFloat64);
        });
  }
}

// What the networks are given of an observation as rendered. `training`: acting in training.
torch::Tensor Learner::Seen(const torch::Tensor& observation, bool training) const {
  if (spec_.channels == 0) return observation;
  if (training && config_.augment.acting == AugmentActing::kReference &&
      observation.size(2) == config_.picture_side()) {
    return observation;
  }
  if (config_.window == replay::Window::kWhole) return augmented_->Seen(observation);
  return augmented_->Seen(replay::CenterCrop(observation, config_.crop_size));
}

void Learner::SetAgentStep(std::int64_t agent_step) {
  agent_step_ = agent_step;
  actor_critic_->SetAgentStep(agent_step);
}

torch::Tensor Learner::Act(const torch::Tensor& observation, ActMode mode) {
  torch::Tensor noise;
  if (mode == ActMode::kSample) {
    noise = torch::randn({observation.size(0), spec_.action_size}, exploration_stream_);
  }
  return ActWith(observation, std::move(noise));
}

torch::Tensor Learner::ActWith(const torch::Tensor& observation, torch::Tensor noise) {
  torch::NoGradGuard no_grad;
  if (acting_) return (*acting_)(observation, noise).to(torch::kCPU);
  if (noise.defined()) noise = noise.to(spec_.device);
  const auto maps = encoder_->Maps(Seen(observation, noise.defined()).to(spec_.device));
  return actor_critic_->Act(maps, noise).to(torch::kCPU, torch::kFloat64);
}

Insight Learner::Inspect(const torch::Tensor& observation) {
  torch::NoGradGuard no_grad;
  Insight insight;
  insight.seen = Seen(observation, /*training=*/false).to(torch::kCPU);
  const auto maps = encoder_->Maps(insight.seen.to(spec_.device));
  const auto judged = actor_critic_->Judge(maps, encoder_->Features(maps));
  insight.action = judged.action.to(torch::kCPU, torch::kFloat64);
  insight.q1 = judged.q1.squeeze(1).to(torch::kCPU, torch::kFloat32);
  insight.q2 = judged.q2.squeeze(1).to(torch::kCPU, torch::kFloat32);
  insight.policy_entropy = judged.policy_entropy.to(torch::kCPU, torch::kFloat32);
  return insight;
}

bool Learner::AnyDue() const {
  return std::any_of(parts_.begin(), parts_.end(), [&](const auto& part) { return Due(part); });
}

// Which of the algorithm's parts this step runs: a recorded graph has no branches.
int Learner::StepKind() const {
  int kind = (ActorStep() ? 1 : 0) + (TargetStep() ? 2 : 0);
  for (std::size_t i = 0; i < parts_.size(); ++i) kind += Due(parts_[i]) ? 4 << i : 0;
  return kind;
}

void Learner::DrawNoise(std::int64_t rows) {
  actor_critic_->DrawNoise(rows, ActorStep(), policy_noise_stream_, noise_);
  augmented_->DrawNoise(batch_, noise_);
  for (auto& part : parts_) {
    if (Due(part)) part.objective->DrawNoise(rows, part.stream, noise_);
  }
}

Metrics Learner::Update(replay::ReplayBuffer& replay) {
  Refresh(replay);
  replay.SampleInto(batch_spec_, batch_);
  DrawNoise(batch_spec_.batch_size);
  return PackMetrics(Step(), metric_names());
}

NamedTensors Learner::UpdateOn(const replay::Batch& batch, const NamedTensors& noise) {
  replay::CopyInto(batch.tensors, batch_.tensors);
  if (noise.empty()) {
    DrawNoise(batch.size());
  } else {
    replay::CopyInto(noise, noise_);
  }
  return Step();
}

NamedTensors Learner::Step() {
  auto metrics = graphs_ ? graphs_->Run(StepKind(), [this] { return Compute(); }) : Compute();
  ++gradient_step_;
  return metrics;
}

NamedTensors Learner::Compute() {
  NamedTensors metrics;
  metrics["batch_reward"] = batch_.at("reward").mean();
  encoders::Encodings encodings(batch_, noise_, encoder_, key_encoder_, beside_);
  encoders::Encodings others(batch_, noise_, encoder_, key_encoder_, beside_);
  auto& objective = augmented_->apart() ? others : encodings;
  augmented_->Apply(batch_, noise_, objective);
  if (config_.schedule == Schedule::kJoint) {
    UpdateJointly(encodings, objective, metrics);
  } else {
    UpdateInReferenceOrder(encodings, objective, metrics);
  }
  beside_.Join();  // what judges the pairs
  return metrics;
}

// The reference's order. Between steps 1 and 5 nothing changes the encoder, so one pass over
// `observation` serves the actor, the Q of its action and the anchor.
void Learner::UpdateInReferenceOrder(encoders::Encodings& critic, encoders::Encodings& objective,
                                     NamedTensors& metrics) {
  // 1. Critic: its heads and the encoder.
  critic_adam_->Minimize(
      actor_critic_->CriticLoss(critic, noise_, config_.encoder.detach, metrics));
  const bool stale = actor_critic_->actor_sees_stale_maps();
  if (stale) {
    critic.ForgetOnlineFeatures();
  } else {
    critic.ForgetOnline();
  }
  // 4. Targets, target heads and key encoder, beside steps 2 and 3, which they have no part in; and
  // the keys of step 5.
  beside_.Run([&] {
    if (TargetStep()) {
      UpdateTargets();
      critic.ForgetKeys();
    }
    EncodeKeys(objective);
  });
  // 2. Actor, 3. temperature.
  if (ActorStep()) {
    const bool needed_again = std::any_of(parts_.begin(), parts_.end(), [&](const auto& part) {
      return part.sees_observation && Due(part);
    });
    const torch::AutoGradMode gradient(needed_again && !stale && &critic == &objective);
    UpdateActor(critic, metrics);
  }
  if (stale) critic.ForgetOnline();
  beside_.Join();
  // 5. Objectives: encoder and their own parameters, against keys of the key encoder as it is after
  // step 4.
  for (auto& part : parts_) {
    if (!Due(part)) continue;
    part.adam->Minimize(LossOf(part, objective, metrics));
    objective.ForgetOnline();
    torch::NoGradGuard no_grad;
    part.objective->AfterStep(objective);
  }
}

// One forward and one backward pass of the encoder for all losses. It differs from the reference's
// order in three things: the objectives' gradients are taken before the critic's step, one Adam
// state serves all losses, and keys are encoded before the momentum update.
void Learner::UpdateJointly(encoders::Encodings& critic, encoders::Encodings& objective,
                            NamedTensors& metrics) {
  // 1. Critic and objectives.
  beside_.Run([&] { EncodeKeys(objective); });
  auto loss = actor_critic_->CriticLoss(critic, noise_, config_.encoder.detach, metrics);
  auto parameters = critic_adam_->values();
  std::vector<std::pair<Adam*, std::size_t>> steps = {{critic_adam_.get(), parameters.size()}};
  for (auto& part : parts_) {
    if (!Due(part)) continue;
    loss = loss + LossOf(part, objective, metrics);
    const auto& own = part.adam->values();
    parameters.insert(parameters.end(), own.begin(), own.end());
    steps.emplace_back(part.adam.get(), own.size());
  }
  const auto gradients =
      torch::autograd::grad({loss}, parameters, {}, c10::nullopt, false, /*allow_unused=*/true);
  auto begin = gradients.begin();
  for (const auto& [adam, count] : steps) {
    const auto end = begin + static_cast<std::ptrdiff_t>(count);
    adam->Step({begin, end});
    begin = end;
  }
  for (auto& part : parts_) {
    if (!Due(part)) continue;
    torch::NoGradGuard no_grad;
    part.objective->AfterStep(objective);
  }
  // 2. Actor, 3. temperature: on the features of step 1.
  if (ActorStep()) UpdateActor(critic, metrics);
  // 4. Targets.
  if (TargetStep()) UpdateTargets();
}

void Learner::UpdateActor(encoders::Encodings& encodings, NamedTensors& metrics) {
  const auto maps = encodings.Maps("observation").detach();
  const auto features = encodings.Features("observation").detach();
  const torch::AutoGradMode gradient(true);  // by the actor's parameters
  actor_critic_->UpdateActor(maps, features, noise_, metrics);
}

void Learner::UpdateTargets() {
  actor_critic_->UpdateTargets();
  encoders::MomentumUpdate(*encoder_, *key_encoder_, config_.encoder.tau);
  for (auto& part : parts_) part.objective->MoveMomentum(config_.encoder.tau);
}

std::vector<std::string> Learner::metric_names() const {
  std::vector<std::string> names = {"batch_reward"};
  for (const auto& name : actor_critic_->metric_names()) names.push_back(name);
  for (const auto& part : parts_) {
    for (const auto& name : part.objective->metric_names()) names.push_back(name + part.prefix);
  }
  return names;
}

Learner::Evaluation Learner::Evaluate(const torch::Tensor& observation,
                                      const torch::Tensor& action) {
  torch::NoGradGuard no_grad;
  replay::Batch batch;
  batch.tensors = {{"observation", observation}};
  encoders::Encodings encodings(batch, noise_, encoder_, key_encoder_, beside_);
  const auto maps = encodings.Maps("observation");
  const auto features = encodings.Features("observation");
  const auto target_features = actor_critic_->TargetFeatures(encodings, "observation");
  const auto judged = actor_critic_->Judge(maps, features);
  return {features, judged.action, judged.stddev, actor_critic_->Values(features, action),
          actor_critic_->TargetValues(target_features, action)};
}

}  // namespace curl_rl::agents
