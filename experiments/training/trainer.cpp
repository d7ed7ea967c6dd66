// The loop itself, one screen, and what is done in a step of it.
#include "experiments/training/trainer.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <utility>

#include "experiments/checkpoints/checkpoint.h"
#include "experiments/checkpoints/safetensors.h"
#include "experiments/files/set_aside.h"
#include "experiments/training/agent_film.h"
#include "replay/memory.h"
#include "replay/random_stream.h"

namespace curl_rl::experiments {
namespace {

using replay::StreamPurpose;

std::uint32_t EnvironmentSeed(const ExperimentConfig& config, StreamPurpose purpose) {
  return static_cast<std::uint32_t>(
      replay::StreamSeed(static_cast<std::uint64_t>(config.seed), purpose));
}

// The first lane has the stream that a run of one environment has.
std::vector<std::uint32_t> TrainingSeeds(const ExperimentConfig& config) {
  std::vector<std::uint32_t> seeds = {EnvironmentSeed(config, StreamPurpose::kEnvironment)};
  for (std::int64_t lane = 1; lane < config.environments; ++lane) {
    seeds.push_back(static_cast<std::uint32_t>(replay::StreamSeed(
        static_cast<std::uint64_t>(config.seed), "environment.lane_" + std::to_string(lane))));
  }
  return seeds;
}

bool IsDue(std::int64_t env_step, std::int64_t every) { return every > 0 && env_step % every == 0; }

}  // namespace

Trainer::Trainer(const ExperimentConfig& config, const torch::Device& device, std::string run_dir)
    : config_(config),
      run_dir_(std::move(run_dir)),
      lanes_(config, TrainingSeeds(config)),
      eval_lanes_(MakeEvaluationLanes(config, EnvironmentSeed(config, StreamPurpose::kEvaluation),
                                      config.eval_environments)),
      disturbed_(config),
      replay_(std::make_unique<replay::ReplayBuffer>(
          ReplayOptionsOf(config, lanes_[0].observation_shape(), lanes_[0].action_size(), device))),
      agent_(MakeAgent(config, lanes_[0].observation_shape(), lanes_[0].action_size(), device)),
      warm_up_stream_(
          replay::MakeStream(static_cast<std::uint64_t>(config.seed), StreamPurpose::kWarmUp)),
      running_(lanes_.size()),
      last_return_(std::numeric_limits<double>::quiet_NaN()) {
  if (config.video_every > 0) CheckFilming(config);
}

std::string Trainer::DrawnBy() const {
  return config_.observation == Observation::kPixels ? lanes_[0].environment().DrawnBy() : "none";
}

bool Trainer::Run(Progress& progress, SignalRequests& requests, std::int64_t pause) {
  logs_ = resumed_ ? std::make_unique<TrainingLogs>(run_dir_, env_step(), wall_time_, promised_)
                   : std::make_unique<TrainingLogs>(run_dir_);
  if (resumed_) logs_->WarnOfGaps(promised_, config_.log_every);
  if (!archive_) {
    archive_ =
        std::make_unique<FrameArchive>(FrameArchiveFolder(run_dir_), std::vector<FrameSegment>{});
  }
  if (resumed_best_) {  // the process may have been killed before it could note that
    MarkBest(run_dir_, env_step(), evaluations_.back().episode_return.mean);
  }
  for (;; agent_step_ += config_.environments) {
    const bool end = env_step() >= config_.env_steps;
    const bool pausing = env_step() >= pause;
    // Where a run is taken up, its checkpoint is there and what came before it is done. Not so an
    // evaluation that a signal broke off, nor the last row if this step is the end only now.
    const bool saved = std::exchange(resumed_, false);
    progress.Update(env_step());
    bool save = !saved && (end || pausing || requests.TakeSave() ||
                           (agent_step_ > 0 && IsDue(env_step(), config_.checkpoint_every)));
    if (row_step_ != env_step() && (end || (!saved && IsDue(env_step(), config_.log_every)))) {
      WriteTrainRow();
      WarnOfMemory(progress);
      save = save || saved || unsaved_;
    }
    const bool evaluated = !evaluations_.empty() && evaluations_.back().env_step == env_step();
    bool owed = !evaluated && (end || IsDue(env_step(), config_.eval_every));
    bool best = false;
    if (owed && !requests.stop()) {
      const auto is_best = EvaluateNow(progress, requests);
      owed = !is_best;
      best = is_best.value_or(false);
      save = save || (saved && !owed);
    }
    const bool stop = requests.stop();
    save = save || (stop && !saved);
    WarnOfWaitingRows(progress);
    if (save || best) Save(best, /*last_chance=*/end || stop || pausing, progress);
    const bool film = config_.video_every > 0 && (end || IsDue(env_step(), config_.video_every));
    if (film && !stop && !pausing &&
        !(saved && std::filesystem::exists(VideoPath(run_dir_, env_step())))) {
      FilmNow(requests);
    }
    if (end || stop || pausing) return end && !owed;

    BeginEpisodes();
    // As in the reference: the actions are chosen first, then the agent learns, then it acts. So
    // nothing that the agent learns changes these decisions, and the environments may play them
    // meanwhile; a GPU is still learning while they do in any case.
    agent_->SetAgentStep(agent_step_);
    const auto actions = ChooseActions();
    if (config_.overlap) Play(actions);
    UpdateAgent();
    if (!config_.overlap) Play(actions);
    lanes_.Finish();
    StoreDecisions(actions, progress);
    ArchiveFrames(progress);
  }
}

void Trainer::BeginEpisodes() {
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    if (running_[lane].over) lanes_.Reset(lane);
  }
  lanes_.Finish();
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    if (!running_[lane].over) continue;
    replay_->BeginEpisode(lanes_[lane].observation(), static_cast<std::int64_t>(lane));
    running_[lane] = {0.0, /*over=*/false};
  }
}

std::vector<std::vector<double>> Trainer::ChooseActions() {
  if (agent_step_ >= WarmUpSteps(config_)) {
    return ActionsOf(agent_->Act(replay_->NewestStack(), agents::ActMode::kSample));
  }
  const auto uniform = torch::rand({config_.environments, lanes_[0].action_size()}, warm_up_stream_,
                                   torch::kFloat64);
  return ActionsOf(uniform * 2.0 - 1.0);
}

void Trainer::Play(const std::vector<std::vector<double>>& actions) {
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) lanes_.Step(lane, actions[lane]);
}

// Every decision brings the updates that it would bring if lanes took turns.
void Trainer::UpdateAgent() {
  for (std::int64_t lane = 0; lane < config_.environments; ++lane) {
    const auto since = agent_step_ + lane - WarmUpSteps(config_);
    if (since < 0 || since % config_.update_every != 0) continue;
    if (lane > 0) agent_->SetAgentStep(agent_step_ + lane);
    auto left = config_.updates_per_step;
    if (since == 0) left = std::max(left, config_.initial_updates);
    for (; left > 0; --left) {
      const auto metrics = agent_->Update(*replay_);
      // On a GPU reading a metric would wait for it; there the rows of train.csv are looked at.
      if (replay_->options().device.is_cpu()) CheckFinite(metrics);
      metrics_.Add(metrics);
    }
  }
}

void Trainer::StoreDecisions(const std::vector<std::vector<double>>& actions, Progress& progress) {
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    const auto& decision = lanes_.decision(lane);
    replay_->Add(lanes_[lane].observation(), actions[lane], decision.reward, decision.terminated,
                 decision.truncated, static_cast<std::int64_t>(lane));
    auto& running = running_[lane];
    running.episode_return += decision.reward;
    if (!decision.last()) continue;
    ++episode_;
    last_return_ = running.episode_return;
    progress.set_train_return(last_return_);
    running = {};
  }
}

// Returns true if it is the best evaluation so far of an agent that has learned at all; nothing if
// it was broken off: then all is as if it had not begun.
std::optional<bool> Trainer::EvaluateNow(Progress& progress, const SignalRequests& requests) {
  const auto before = eval_lanes_[0].Save();
  const auto stop = [&requests] { return requests.stop(); };
  const auto returns = Evaluate(*agent_, eval_lanes_, config_.eval_episodes, nullptr, stop);
  const auto disturbed =
      returns.empty() ? std::nullopt : disturbed_.Play(*agent_, env_step(), stop);
  if (!disturbed) {
    eval_lanes_[0].Load(before);
    return std::nullopt;
  }
  logs_->WriteEvaluation(env_step(), returns, *disturbed);
  const EvaluationRecord record{env_step(), Summarize(returns)};
  progress.set_eval_return(record.episode_return.mean);
  const bool best = std::all_of(evaluations_.begin(), evaluations_.end(), [&](const auto& earlier) {
    return record.episode_return.mean > earlier.episode_return.mean;
  });
  evaluations_.push_back(record);
  return best && agent_->gradient_step() > 0;
}

void Trainer::WriteTrainRow() {
  const auto means = metrics_.Take();
  // On the CPU every update has been looked at before.
  for (const auto& [name, value] : means) {
    if (!std::isfinite(value))
      StopForNotFinite(name + " is " + std::to_string(value), /*with_batch=*/false);
  }
  logs_->WriteTrain({env_step(), agent_step_, agent_->gradient_step(), episode_, last_return_},
                    means);
  row_step_ = env_step();
}

void Trainer::CheckFinite(const agents::Metrics& metrics) const {
  const auto* value = metrics.values.data_ptr<double>();
  for (const auto& name : metrics.names) {
    if (!std::isfinite(*value)) {
      StopForNotFinite(name + " is " + std::to_string(*value), /*with_batch=*/true);
    }
    ++value;
  }
}

// Keeps what is needed to see why, and throws; `what`: "critic_loss is nan".
void Trainer::StopForNotFinite(const std::string& what, bool with_batch) const {
  const auto agent = agent_->Save();
  const auto tensors = with_batch ? agent_->batch().tensors : replay::NamedTensors();
  std::string first = replay::FirstNotFinite(tensors);
  if (first.empty()) first = replay::FirstNotFinite(agent);
  std::string message = what + " at env step " + std::to_string(env_step()) + ", gradient step " +
                        std::to_string(agent_->gradient_step() - 1) +
                        (first.empty() ? "" : "; the first tensor that is not finite is " + first);
  const auto folder = std::filesystem::path(run_dir_) / "failure";
  try {
    SetAside(folder.string());
    std::filesystem::create_directories(folder);
    if (with_batch) WriteSafetensors((folder / "batch.safetensors").string(), tensors);
    WriteSafetensors((folder / "agent.safetensors").string(), agent);
    message += with_batch ? "; the batch and the agent are in " : "; the agent is in ";
    message += folder.string();
  } catch (const std::runtime_error& error) {
    message += "; batch and agent could not be written: " + std::string(error.what());
  }
  throw std::runtime_error(message + ", the last good checkpoint is kept");
}

void Trainer::FilmNow(const SignalRequests& requests) const {
  try {
    FilmAgent(config_, *agent_, VideoPath(run_dir_, env_step()),
              [&requests] { return requests.stop(); });
  } catch (const std::runtime_error& error) {
    // Days of training are not given up for a video.
    if (!requests.stop()) std::fprintf(stderr, "curl-rl: warning: no video: %s\n", error.what());
  }
}

// What compressed frames take is known only as they come: said as soon as it can be, long before
// the replay itself stops the run for it.
void Trainer::WarnOfMemory(Progress& progress) {
  if (memory_short_ || replay_->options().frames != replay::FrameStorage::kCompressed) return;
  const auto more = replay_->bytes_when_full() - replay_->bytes_now();
  const auto left = replay::AvailableBytes(torch::kCPU);
  if (more <= left) return;
  memory_short_ = true;
  progress.Warn("replay_frames: compressed frames such as these make a full replay of " +
                replay::FormatBytes(replay_->bytes_when_full()) + ", " + replay::FormatBytes(more) +
                " more than now, and " + replay::FormatBytes(left) +
                " of memory are left; the run will stop before they are used up, and can be "
                "resumed from its last checkpoint where there is more");
}

void Trainer::WarnOfWaitingRows(Progress& progress) {
  const auto file = logs_->Waiting();
  if (!file.empty() && rows_wait_in_.empty()) {
    progress.Warn(file + ": there is no space on the disk; rows wait in memory, the run goes on");
  }
  rows_wait_in_ = file;
}

}  // namespace curl_rl::experiments
