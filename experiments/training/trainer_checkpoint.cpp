// The trainer's checkpoints: written while it runs, and taken up again.
#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "experiments/checkpoints/checkpoint.h"
#include "experiments/checkpoints/weights.h"
#include "experiments/config/usage_error.h"
#include "experiments/files/checked_json.h"
#include "experiments/machine/torch_info.h"
#include "experiments/run/run_identity.h"
#include "experiments/training/trainer.h"
#include "replay/random_stream.h"

namespace curl_rl::experiments {
namespace {

Settings MachineSettingsNow(const ExperimentConfig& config, const torch::Device& device,
                            const envs::PackageVersions& environment) {
  auto settings = MachineSettings(config, device.str(), at::get_num_threads(), QueryTorch());
  for (const auto& [name, version] : environment) settings["environment's " + name] = version;
  return settings;
}

// The part of a checkpoint that holds a lane's environment.
std::string EnvironmentPart(std::size_t lane) {
  return lane == 0 ? "environment" : "environment_" + std::to_string(lane);
}

// A value of each lane; of one lane the value itself, as runs of one environment have always had
// it.
nlohmann::json OfLanes(const std::vector<nlohmann::json>& values) {
  return values.size() == 1 ? values.front() : nlohmann::json(values);
}

// Of what is read a member that is a list; nlohmann's exceptions name it.
const nlohmann::json& List(const nlohmann::json& state, const char* key) {
  const auto& list = state.at(key);
  if (list.is_array()) return list;
  throw nlohmann::json::type_error::create(302, std::string(key) + " is no list", &list);
}

// The same of one value for each of `lanes`.
std::vector<nlohmann::json> OfLanes(const nlohmann::json& state, const char* key,
                                    std::size_t lanes) {
  if (lanes == 1) return {state.at(key)};
  const auto& values = List(state, key);
  if (values.size() == lanes) return values;
  throw nlohmann::json::type_error::create(302,
                                           std::string(key) + " has " +
                                               std::to_string(values.size()) + " values, for " +
                                               std::to_string(lanes) + " environments",
                                           &values);
}

// Settings, none where there is no such member.
Settings SettingsIn(const nlohmann::json& state, const char* key) {
  try {
    return state.value(key, Settings());
  } catch (const nlohmann::json::type_error& error) {
    throw nlohmann::json::type_error::create(302, std::string(key) + ": " + error.what(), &state);
  }
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
    SaveCheckpoint(best, progress);
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

void Trainer::SaveCheckpoint(bool best, Progress& progress) {
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
  std::vector<nlohmann::json> returns, over;
  for (const auto& running : running_) {
    returns.emplace_back(running.episode_return);
    over.emplace_back(running.over);
  }
  checkpoint.state = {
      {"agent_step", agent_step_},
      {"row_step", row_step_},
      {"rows", {{"train.csv", logs_->train_rows()}, {"eval.csv", logs_->eval_rows()}}},
      {"replay_capacity", replay_->options().capacity},
      {"episode", episode_},
      {"episode_return", OfLanes(returns)},
      {"last_return", std::isnan(last_return_) ? nlohmann::json() : nlohmann::json(last_return_)},
      {"episode_over", OfLanes(over)},
      {"wall_time_s", logs_->wall_time()},
      {"evaluations", evaluations},
      {"best", best},
      {"frames", ToJson(segments)},
      {"config", DecidingSettings(config_)},
      {"machine", MachineSettingsNow(config_, replay_->options().device, EnvironmentVersions())}};
  checkpoint.parts["replay"] = replay_->Save();
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    checkpoint.parts[EnvironmentPart(lane)] = lanes_[lane].Save();
  }
  checkpoint.parts["evaluation"] = eval_lanes_[0].Save();
  checkpoint.parts["metrics"] = metrics_.Save();
  checkpoint.parts["warm_up"] = {{"stream", replay::SaveStream(warm_up_stream_)}};
  WriteCheckpoint(run_dir_, checkpoint);
  PruneCheckpoints(run_dir_, config_.keep_checkpoints);
  PruneFrames(segments, progress);
}

// Removes the frames that no checkpoint needs. An older checkpoint may have been damaged since it
// was written: it steps aside, and the run goes on.
void Trainer::PruneFrames(const std::vector<FrameSegment>& own, Progress& progress) {
  auto needed = own;
  for (const auto step : ListCheckpoints(run_dir_)) {
    if (step == env_step()) continue;
    try {
      const auto others = SegmentsFromJson(ReadCheckpointState(run_dir_, step).at("frames"));
      needed.insert(needed.end(), others.begin(), others.end());
    } catch (const std::exception& error) {
      const std::string what = error.what();
      if (!IsDamage(error)) {  // another time it may be read, and need its frames
        progress.Warn(what + "; no frames are removed this time");
        return;
      }
      progress.Warn(what + "; the damaged checkpoint is kept as " +
                    SetAsideCheckpoint(run_dir_, step));
    }
  }
  archive_->Prune(needed);
}

// A lower budget makes a new replay smaller (see the trainer's replay options), but not that of a
// checkpoint.
void Trainer::GrowReplay(std::int64_t capacity) {
  auto options = replay_->options();
  if (capacity <= options.capacity) return;
  options.capacity = std::min(capacity, config_.replay_capacity);
  options.frames = config_.replay_frames;
  replay_.reset();
  try {
    replay_ = std::make_unique<replay::ReplayBuffer>(options);
  } catch (const std::runtime_error& error) {
    throw CannotTakeUp(error.what());
  }
}

void Trainer::LoadWeights(const replay::NamedTensors& weights) {
  agent_->Load(WithWeights(agent_->Save(), weights));
}

std::string Trainer::Restore(std::int64_t env_step, bool other_task) {
  const auto checkpoint = ReadCheckpoint(run_dir_, env_step);
  const auto& state = checkpoint.state;
  const auto where = run_dir_ + ": the checkpoint of env step " + std::to_string(env_step);
  const auto part = [&](const std::string& name) -> const replay::NamedTensors& {
    const auto found = checkpoint.parts.find(name);
    if (found == checkpoint.parts.end()) {
      throw std::runtime_error(where + " has no part '" + name + "'");
    }
    return found->second;
  };
  std::int64_t capacity = 0;
  Settings machine;
  try {
    // 1. Is it one of this experiment?
    const auto other = DecidingDifferences(SettingsIn(state, "config"), config_);
    if (!other.empty()) {
      throw UsageError(where + " is of another config; config.yaml now has " + other);
    }
    // 2. What is no tensor.
    const auto counter = [&](const char* name, const nlohmann::json& value, std::int64_t most) {
      const auto number = WholeNumber(value, name);
      if (number >= 0 && number <= most) return number;
      throw std::runtime_error(where + " is damaged: " + name + " is " + std::to_string(number) +
                               ", allowed: 0 .. " + std::to_string(most));
    };
    agent_step_ = counter("agent_step", state.at("agent_step"), env_step);
    if (agent_step_ * config_.action_repeat != env_step ||
        agent_step_ % config_.environments != 0) {
      throw std::runtime_error(where + " is damaged: agent_step is " + std::to_string(agent_step_) +
                               ", and " + std::to_string(config_.action_repeat) +
                               " env steps are one");
    }
    row_step_ = counter("row_step", state.value("row_step", nlohmann::json(env_step)), env_step);
    episode_ = counter("episode", state.at("episode"), agent_step_);
    const auto returns = OfLanes(state, "episode_return", lanes_.size());
    const auto over = OfLanes(state, "episode_over", lanes_.size());
    for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
      running_[lane] = {Number(returns[lane], "episode_return"), Flag(over[lane], "episode_over")};
    }
    last_return_ = state.at("last_return").is_null() ? std::numeric_limits<double>::quiet_NaN()
                                                     : Number(state["last_return"], "last_return");
    wall_time_ = Number(state.at("wall_time_s"), "wall_time_s");
    resumed_best_ = Flag(state.value("best", nlohmann::json(false)), "best");
    evaluations_.clear();
    for (const auto& e : List(state, "evaluations")) {
      if (!e.is_array() || e.size() < 3) {
        throw std::runtime_error(where + " is damaged: evaluations has " + e.dump() +
                                 ", needed are env step, mean and deviation");
      }
      evaluations_.push_back(
          {counter("an evaluation's env_step", e[0], env_step),
           {Number(e[1], "an evaluation's mean"), Number(e[2], "an evaluation's deviation")}});
    }
    promised_ = {row_step_, evaluations_.empty() ? -1 : evaluations_.back().env_step};
    if (state.contains("rows")) {
      constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
      const auto& rows = state["rows"];
      promised_.train_rows = counter("rows: train.csv", rows.at("train.csv"), kMost);
      promised_.eval_rows = counter("rows: eval.csv", rows.at("eval.csv"), kMost);
    }
    if (resumed_best_ && evaluations_.empty()) {
      throw std::runtime_error(where + " is damaged: it has the best evaluation, and none at all");
    }
    // Older ones do not tell their replay's capacity, which is at least what they hold.
    capacity = state.contains("replay_capacity")
                   ? counter("replay_capacity", state["replay_capacity"], config_.replay_capacity)
                   : replay::Get(part("replay"), "ids").size(0);
    machine = SettingsIn(state, "machine");
    archive_ = std::make_unique<FrameArchive>(FrameArchiveFolder(run_dir_),
                                              SegmentsFromJson(state.at("frames")));
  } catch (const nlohmann::json::exception& error) {
    throw std::runtime_error(where + " is damaged: " + error.what());
  }
  // 3. Tensors.
  agent_->Load(part("agent"));
  GrowReplay(capacity);
  replay_->Load(part("replay"));
  for (std::int64_t lane = 0; lane < config_.environments; ++lane) {
    if (replay_->oldest_needed_id(lane) >= replay_->first_id(lane)) continue;
    throw CannotTakeUp(where + " has more frames than a run of env_steps " +
                       std::to_string(config_.env_steps) + " keeps; set env_steps back");
  }
  metrics_.Load(part("metrics"));
  replay::LoadStream(warm_up_stream_, replay::Get(part("warm_up"), "stream"));
  const auto now = MachineSettingsNow(config_, replay_->options().device, EnvironmentVersions());
  const bool other_mujoco = machine.count("MuJoCo") > 0 && machine["MuJoCo"] != now.at("MuJoCo");
  const auto load = [&](AgentView& view, const replay::NamedTensors& saved) {
    if (other_task) return false;
    try {
      return view.Load(saved);
    } catch (const std::runtime_error&) {  // MuJoCo's snapshots are of one version
      if (!other_mujoco) throw;
      return false;
    }
  };
  bool environments = true;
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    if (load(lanes_[lane], part(EnvironmentPart(lane)))) continue;
    environments = false;
    running_[lane] = {};
  }
  const bool evaluation = load(eval_lanes_[0], part("evaluation"));
  archive_->Restore(*replay_);
  resumed_ = true;
  // 4. What is not as it was.
  std::string lost;
  if (!environments || !evaluation) {
    lost = std::string(other_task     ? "the task has changed"
                       : other_mujoco ? "a snapshot of another MuJoCo cannot be taken up"
                                      : "the environment keeps no snapshots") +
           ": a new episode begins";
  }
  const auto differences = Differences(machine, now);
  if (!differences.empty()) lost += (lost.empty() ? "" : "; ") + differences;
  return lost;
}

}  // namespace curl_rl::experiments
