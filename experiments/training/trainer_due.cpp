// What is due between two decisions: a row of the log, an evaluation, a checkpoint, a video.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "experiments/checkpoints/checkpoint.h"
#include "experiments/training/agent_film.h"
#include "experiments/training/trainer.h"
#include "replay/memory.h"

namespace curl_rl::experiments {
namespace {

bool IsDue(std::int64_t env_step, std::int64_t every) { return every > 0 && env_step % every == 0; }

}  // namespace

void Trainer::OpenLogs() {
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
}

std::optional<bool> Trainer::DoWhatIsDue(Progress& progress, SignalRequests& requests,
                                         std::int64_t pause) {
  const bool end = env_step() >= config_.env_steps;
  const bool pausing = env_step() >= pause;
  // Where a run is taken up, its checkpoint is there and what came before it is done. Not so an
  // evaluation that a signal broke off, nor the last row if this step is the end only now.
  const bool saved = std::exchange(resumed_, false);
  progress.Update(env_step());
  bool save = !saved && (end || pausing || requests.TakeSave() ||
                         (agent_step_ > 0 && IsDue(env_step(), config_.checkpoint_every)));

  // 1. A row of train.csv.
  if (row_step_ != env_step() && (end || (!saved && IsDue(env_step(), config_.log_every)))) {
    WriteTrainRow();
    WarnOfMemory(progress);
    save = save || saved || unsaved_;
  }

  // 2. An evaluation.
  const bool evaluated = !evaluations_.empty() && evaluations_.back().env_step == env_step();
  bool owed = !evaluated && (end || IsDue(env_step(), config_.eval_every));
  bool best = false;
  if (owed && !requests.stop()) {
    const auto is_best = EvaluateNow(progress, requests);
    owed = !is_best;
    best = is_best.value_or(false);
    save = save || (saved && !owed);
  }

  // 3. A checkpoint.
  const bool stop = requests.stop();
  save = save || (stop && !saved);
  WarnOfWaitingRows(progress);
  if (save || best) Save(best, /*last_chance=*/end || stop || pausing, progress);

  // 4. A video.
  const bool film = config_.video_every > 0 && (end || IsDue(env_step(), config_.video_every));
  if (film && !stop && !pausing &&
      !(saved && std::filesystem::exists(VideoPath(run_dir_, env_step())))) {
    FilmNow(requests);
  }
  if (end || stop || pausing) return end && !owed;
  return std::nullopt;
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
