// The trainer's checkpoints: written while it runs, and taken up again.
#include <cmath>
#include <limits>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "experiments/checkpoints/checkpoint.h"
#include "experiments/checkpoints/weights.h"
#include "experiments/config/usage_error.h"
#include "experiments/machine/torch_info.h"
#include "experiments/run/run_identity.h"
#include "experiments/training/trainer.h"
#include "replay/random_stream.h"

namespace curl_rl::experiments {
namespace {

Settings MachineSettingsNow(const ExperimentConfig& config, const torch::Device& device) {
  return MachineSettings(config, device.str(), at::get_num_threads(), QueryTorch());
}

}  // namespace

// The bulk of the next checkpoint, in small parts. Where the last one failed, this waits for the
// next: it would fail at every decision.
void Trainer::ArchiveFrames(Progress& progress) {
  if (unsaved_) return;
  try {
    archive_->Append(*replay_);
  } catch (const std::system_error& error) {
    NoteUnsaved(error.what(), progress);
  } catch (const FileError& error) {
    NoteUnsaved(error.what(), progress);
  }
}

void Trainer::NoteUnsaved(const std::string& reason, Progress& progress) {
  unsaved_ = true;
  progress.Warn(reason + "; the run goes on without a checkpoint of env step " +
                std::to_string(env_step()) + " and tries again every " +
                std::to_string(config_.log_every) + " env steps");
}

// A disk that is full now may have space later: unless this is the last chance, the run goes on.
void Trainer::Save(bool best, bool last_chance, Progress& progress) {
  std::string reason;
  try {
    SaveCheckpoint(best);
    if (best) MarkBest(run_dir_, env_step(), evaluations_.back().episode_return.mean);
  } catch (const std::system_error& error) {
    reason = error.what();
  } catch (const FileError& error) {
    reason = error.what();
  }
  if (reason.empty()) {
    if (std::exchange(unsaved_, false)) {
      progress.Warn("the disk takes files again: env step " + std::to_string(env_step()) +
                    " is saved");
    }
    return;
  }
  if (!last_chance) return NoteUnsaved(reason, progress);
  const auto saved = ListCheckpoints(run_dir_);
  throw std::runtime_error(
      reason + "; env step " + std::to_string(env_step()) +
      " is not saved, the newest checkpoint is " +
      (saved.empty() ? "none" : "that of env step " + std::to_string(saved.back())));
}

void Trainer::SaveCheckpoint(bool best) {
  Checkpoint checkpoint;
  checkpoint.env_step = env_step();
  checkpoint.parts["agent"] = agent_->Save();
  const auto not_finite = replay::FirstNotFinite(checkpoint.parts["agent"]);
  if (!not_finite.empty())
    StopForNotFinite("the agent's " + not_finite + " is not finite", /*with_batch=*/false);
  logs_->Sync();  // a checkpoint promises the rows before it
  const auto segments = archive_->Flush(*replay_);
  auto evaluations = nlohmann::json::array();
  for (const auto& e : evaluations_) {
    evaluations.push_back({e.env_step, e.episode_return.mean, e.episode_return.deviation});
  }
  checkpoint.state = {
      {"agent_step", agent_step_},
      {"episode", episode_},
      {"episode_return", episode_return_},
      {"last_return", std::isnan(last_return_) ? nlohmann::json() : nlohmann::json(last_return_)},
      {"episode_over", episode_over_},
      {"wall_time_s", logs_->wall_time()},
      {"evaluations", evaluations},
      {"best", best},
      {"frames", ToJson(segments)},
      {"config", DecidingSettings(config_)},
      {"machine", MachineSettingsNow(config_, replay_->options().device)}};
  checkpoint.parts["replay"] = replay_->Save();
  checkpoint.parts["environment"] = view_.Save();
  checkpoint.parts["evaluation"] = eval_views_.front().Save();
  checkpoint.parts["metrics"] = metrics_.Save();
  checkpoint.parts["warm_up"] = {{"stream", replay::SaveStream(warm_up_stream_)}};
  WriteCheckpoint(run_dir_, checkpoint);
  PruneCheckpoints(run_dir_, config_.keep_checkpoints);
  auto needed = segments;
  for (const auto step : ListCheckpoints(run_dir_)) {
    const auto others = SegmentsFromJson(ReadCheckpointState(run_dir_, step).at("frames"));
    needed.insert(needed.end(), others.begin(), others.end());
  }
  archive_->Prune(needed);
}

void Trainer::LoadWeights(const replay::NamedTensors& weights) {
  agent_->Load(WithWeights(agent_->Save(), weights));
}

std::string Trainer::Restore(std::int64_t env_step) {
  const auto checkpoint = ReadCheckpoint(run_dir_, env_step);
  const auto& state = checkpoint.state;
  const auto where = run_dir_ + ": the checkpoint of env step " + std::to_string(env_step);
  const auto part = [&](const char* name) -> const replay::NamedTensors& {
    const auto found = checkpoint.parts.find(name);
    if (found == checkpoint.parts.end()) {
      throw std::runtime_error(where + " has no part '" + name + "'");
    }
    return found->second;
  };
  try {
    // 1. Is it one of this experiment?
    const auto other = DecidingDifferences(state.value("config", Settings()), config_);
    if (!other.empty()) {
      throw UsageError(where + " is of another config; config.yaml now has " + other);
    }
    // 2. What is no tensor.
    agent_step_ = state.at("agent_step").get<std::int64_t>();
    episode_ = state.at("episode").get<std::int64_t>();
    episode_return_ = state.at("episode_return").get<double>();
    last_return_ = state.at("last_return").is_null() ? std::numeric_limits<double>::quiet_NaN()
                                                     : state.at("last_return").get<double>();
    episode_over_ = state.at("episode_over").get<bool>();
    wall_time_ = state.at("wall_time_s").get<double>();
    resumed_best_ = state.value("best", false);
    evaluations_.clear();
    for (const auto& e : state.at("evaluations")) {
      evaluations_.push_back({e.at(0).get<std::int64_t>(), {e.at(1), e.at(2)}});
    }
    archive_ = std::make_unique<FrameArchive>(FrameArchiveFolder(run_dir_),
                                              SegmentsFromJson(state.at("frames")));
  } catch (const nlohmann::json::exception& error) {
    throw std::runtime_error(where + " is damaged: " + error.what());
  }
  // 3. Tensors.
  agent_->Load(part("agent"));
  replay_->Load(part("replay"));
  metrics_.Load(part("metrics"));
  replay::LoadStream(warm_up_stream_, replay::Get(part("warm_up"), "stream"));
  const bool environment = view_.Load(part("environment"));
  const bool evaluation = eval_views_.front().Load(part("evaluation"));
  archive_->Restore(*replay_);
  resumed_ = true;
  if (!environment) {
    episode_over_ = true;
    episode_return_ = 0.0;
  }
  // 4. What is not as it was.
  std::string lost;
  if (!environment || !evaluation) {
    lost = "the environment keeps no snapshots: a new episode begins";
  }
  const auto machine = Differences(state.value("machine", Settings()),
                                   MachineSettingsNow(config_, replay_->options().device));
  if (!machine.empty()) lost += (lost.empty() ? "" : "; ") + machine;
  return lost;
}

}  // namespace curl_rl::experiments
