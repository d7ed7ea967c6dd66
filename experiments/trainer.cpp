#include "experiments/trainer.h"

#include <cmath>
#include <limits>
#include <stdexcept>

#include "experiments/checkpoint.h"
#include "replay/random_stream.h"

namespace curl_rl::experiments {
namespace {

using replay::StreamPurpose;

std::uint32_t EnvironmentSeed(const ExperimentConfig& config, StreamPurpose purpose) {
  return static_cast<std::uint32_t>(
      replay::StreamSeed(static_cast<std::uint64_t>(config.seed), purpose));
}

replay::ReplayOptions ReplayOptionsOf(const ExperimentConfig& config, const AgentView& view,
                                      const torch::Device& device) {
  replay::ReplayOptions options;
  options.observation_shape = view.observation_shape();
  options.action_size = view.action_size();
  // A run never stores more transitions than its budget has decisions.
  options.capacity = std::min(config.replay_capacity, config.env_steps / config.action_repeat + 1);
  options.frame_stack = config.frame_stack;
  options.crop_size = config.agent.crop_size;
  options.crop_range = config.agent.crop_range;
  options.seed = static_cast<std::uint64_t>(config.seed);
  options.device = device;
  options.dtype = config.agent.precision == "bfloat16" ? torch::kBFloat16 : torch::kFloat32;
  return options;
}

bool IsDue(std::int64_t env_step, std::int64_t every) { return every > 0 && env_step % every == 0; }

}  // namespace

std::unique_ptr<agents::CurlAgent> MakeAgent(const ExperimentConfig& config, const AgentView& view,
                                             const torch::Device& device) {
  const auto& shape = view.observation_shape();
  const bool pixels = shape.size() == 3;
  agents::AgentSpec spec;
  spec.channels = pixels ? config.frame_stack * shape.back() : 0;
  spec.state_size = pixels ? 0 : config.frame_stack * shape.back();
  spec.action_size = view.action_size();
  spec.seed = static_cast<std::uint64_t>(config.seed);
  spec.device = device;
  return std::make_unique<agents::CurlAgent>(config.agent, spec);
}

Trainer::Trainer(const ExperimentConfig& config, const torch::Device& device)
    : config_(config),
      view_(config, EnvironmentSeed(config, StreamPurpose::kEnvironment)),
      eval_view_(config, EnvironmentSeed(config, StreamPurpose::kEvaluation)),
      replay_(std::make_unique<replay::ReplayBuffer>(ReplayOptionsOf(config, view_, device))),
      agent_(MakeAgent(config, view_, device)),
      warm_up_stream_(
          replay::MakeStream(static_cast<std::uint64_t>(config.seed), StreamPurpose::kWarmUp)),
      last_return_(std::numeric_limits<double>::quiet_NaN()) {}

std::vector<EvaluationRecord> Trainer::Run(const std::string& run_dir, Progress& progress) {
  logs_ = std::make_unique<TrainingLogs>(run_dir);
  for (;; ++agent_step_) {
    const auto env_step = agent_step_ * config_.action_repeat;
    const bool end = env_step >= config_.env_steps;
    progress.Update(env_step);
    if (env_step > 0 && (end || IsDue(env_step, config_.log_every))) {
      logs_->WriteTrain({env_step, agent_step_, agent_->gradient_step(), episode_, last_return_},
                        metrics_.Take());
    }
    if (end || IsDue(env_step, config_.eval_every)) EvaluateNow(run_dir, progress);
    if (end || (env_step > 0 && IsDue(env_step, config_.checkpoint_every))) {
      SaveCheckpoint(run_dir);
    }
    if (end) return evaluations_;

    if (episode_over_) {
      view_.Reset();
      replay_->BeginEpisode(view_.observation());
      episode_over_ = false;
    }
    // As in the reference: the action is chosen first, then the agent learns, then it acts.
    const auto action = ChooseAction();
    if (agent_step_ >= config_.init_steps) UpdateAgent();
    PlayDecision(action, progress);
  }
}

std::vector<double> Trainer::ChooseAction() {
  if (agent_step_ >= config_.init_steps) {
    return FirstAction(agent_->Act(view_.Stack(), agents::ActMode::kSample));
  }
  const auto uniform = torch::rand({1, view_.action_size()}, warm_up_stream_, torch::kFloat64);
  return FirstAction(uniform * 2.0 - 1.0);
}

void Trainer::UpdateAgent() {
  const bool with_positive = config_.agent.contrastive != "none";
  metrics_.Add(agent_->Update(replay_->Sample(config_.agent.batch_size, with_positive)));
}

void Trainer::PlayDecision(const std::vector<double>& action, Progress& progress) {
  const auto decision = view_.Step(action);
  replay_->Add(view_.observation(), action, decision.reward, decision.terminated,
               decision.truncated);
  episode_return_ += decision.reward;
  if (!decision.last()) return;
  ++episode_;
  last_return_ = episode_return_;
  progress.set_train_return(last_return_);
  episode_return_ = 0.0;
  episode_over_ = true;
}

void Trainer::EvaluateNow(const std::string& run_dir, Progress& progress) {
  const auto env_step = agent_step_ * config_.action_repeat;
  const auto returns = Evaluate(*agent_, eval_view_, config_.eval_episodes);
  logs_->WriteEvaluation(env_step, returns);
  const EvaluationRecord record{env_step, Summarize(returns)};
  progress.set_eval_return(record.episode_return.mean);
  bool best = true;
  for (const auto& earlier : evaluations_) {
    best = best && record.episode_return.mean > earlier.episode_return.mean;
  }
  evaluations_.push_back(record);
  if (!best || agent_->gradient_step() == 0) return;
  SaveCheckpoint(run_dir);
  MarkBest(run_dir, env_step, record.episode_return.mean);
}

void Trainer::SaveCheckpoint(const std::string& run_dir) {
  Checkpoint checkpoint;
  checkpoint.env_step = agent_step_ * config_.action_repeat;
  checkpoint.state = {{"agent_step", agent_step_}, {"episode", episode_}};
  checkpoint.parts["agent"] = agent_->Save();
  WriteCheckpoint(run_dir, checkpoint);
  PruneCheckpoints(run_dir, config_.keep_checkpoints);
}

}  // namespace curl_rl::experiments
