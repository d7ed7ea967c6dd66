// Starts what fits, watches it, and records how each run ended.
#include "experiments/sweep/local_launcher.h"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <thread>

#include "experiments/run/progress.h"
#include "experiments/run/run_directory.h"
#include "experiments/run/run_state.h"
#include "experiments/sweep/gpu_share.h"
#include "experiments/sweep/run_log.h"

namespace curl_rl::experiments {
namespace {

constexpr std::chrono::milliseconds kLook(100);
constexpr std::size_t kLogLines = 8;  // of a failed run's log that are shown
// How long runs that another process holds are waited for when there is nothing else to do: those
// of a sweep that was killed write their checkpoints first.
constexpr std::chrono::seconds kPatience(120);

}  // namespace

LocalLauncher::LocalLauncher(const std::vector<Element>& elements, std::string output,
                             const Share& share, const Machine& machine)
    : elements_(elements),
      output_(std::move(output)),
      share_(share),
      machine_(machine),
      program_(OwnProgram()),
      places_(static_cast<std::size_t>(share.jobs)) {
  for (const Element& element : elements_) {
    SweepRow row;
    row.element = &element;
    row.before = StageOfRun(element.config, Same::kFolder) == RunStage::kFinished;
    row.state = row.before ? RowState::kFinished : RowState::kWaiting;
    row.progress = NewestProgress(element.config.run_dir).value_or(TrainProgress{});
    row.evaluation =
        NewestEvaluation(element.config.run_dir).value_or(std::numeric_limits<double>::quiet_NaN());
    rows_.push_back(row);
  }
}

void LocalLauncher::Run(const SignalRequests& requests, SweepDisplay& display) {
  std::filesystem::create_directories(output_ + "/logs");
  while (AnyoneAtWork() || (!stopping_ && AnyoneWaiting())) {
    if (requests.stop() && !stopping_) {
      stopping_ = true;
      display.Notice("stopping; the runs at work write their checkpoints first", rows_);
      for (const Place& place : places_) {
        if (place.child) place.child->Signal(SIGTERM);
      }
    }
    for (Place& place : places_) {
      if (place.child) LookAfter(place, display);
    }
    if (!stopping_) StartWhatFits(display);
    display.Show(rows_);
    std::this_thread::sleep_for(kLook);
  }
  display.Show(rows_, /*now=*/true);
}

bool LocalLauncher::AnyoneAtWork() const {
  return std::any_of(places_.begin(), places_.end(),
                     [](const Place& place) { return place.child.has_value(); });
}

bool LocalLauncher::AnyoneWaiting() const {
  return std::any_of(rows_.begin(), rows_.end(),
                     [](const SweepRow& row) { return row.state == RowState::kWaiting; });
}

void LocalLauncher::StartWhatFits(SweepDisplay& display) {
  std::vector<std::size_t> locked;
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    if (rows_[row].state != RowState::kWaiting) continue;
    const auto free = std::find_if(places_.begin(), places_.end(),
                                   [](const Place& place) { return !place.child.has_value(); });
    if (free == places_.end()) return;
    if (IsLocked(elements_[row].config.run_dir)) {
      locked.push_back(row);
    } else {
      Start(row, static_cast<std::size_t>(free - places_.begin()), display);
    }
  }
  if (locked.empty() || AnyoneAtWork()) {
    blocked_since_.reset();
    return;
  }
  if (!blocked_since_) {
    blocked_since_ = Clock::now();
    display.Notice("waiting for " + std::to_string(locked.size()) +
                       " runs in which another process is at work, such as " +
                       elements_[locked.front()].config.run_dir,
                   rows_);
  }
  if (Clock::now() - *blocked_since_ < kPatience) return;
  for (const std::size_t row : locked) {
    rows_[row].state = RowState::kFailed;
    rows_[row].problem = "another process is at work in " + elements_[row].config.run_dir;
    display.Notice("FAILED    " + elements_[row].name() + ": " + rows_[row].problem, rows_);
  }
}

void LocalLauncher::Start(std::size_t row, std::size_t place_index, SweepDisplay& display) {
  const Element& element = elements_[row];
  Place& place = places_[place_index];
  const std::string log = element.log_path(output_);
  const bool again = StageOfRun(element.config, Same::kFolder) == RunStage::kResumable;

  std::vector<std::string> words = {program_};
  words.insert(words.end(), element.arguments.begin(), element.arguments.end());
  words.emplace_back("--continue");
  std::int64_t threads = element.config.threads;
  if (threads == 0) {
    threads = share_.threads;
    words.push_back("threads=" + std::to_string(threads));
  }
  std::vector<std::string> environment;
  // OpenMP would otherwise make a thread a core in every run before the program says how many.
  if (std::getenv("OMP_NUM_THREADS") == nullptr) {
    environment.push_back("OMP_NUM_THREADS=" + std::to_string(threads));
  }
  // A config that names its GPU (cuda:N) counts among all of them.
  if (machine_.gpus.size() > 1 && UsesGpu(element.config, machine_) &&
      element.config.device.rfind("cuda:", 0) != 0) {
    environment.push_back(
        "CUDA_VISIBLE_DEVICES=" +
        VisibleDevice(share_.gpu_of[place_index], std::getenv("CUDA_VISIBLE_DEVICES")));
  }
  place.row = row;
  place.log_begin = FileSize(log);
  place.started = Clock::now();
  place.from_start = !again;
  place.child.emplace(words, log, environment);
  rows_[row].state = RowState::kRunning;
  display.Event((again ? "resumed   " : "started   ") + element.name());
}

void LocalLauncher::LookAfter(Place& place, SweepDisplay& display) {
  const Element& element = elements_[place.row];
  SweepRow& row = rows_[place.row];
  if (const auto progress = NewestProgress(element.config.run_dir)) row.progress = *progress;
  if (const auto score = NewestEvaluation(element.config.run_dir)) row.evaluation = *score;
  if (const auto problem = place.child->Poll()) Finish(place, *problem, display);
}

void LocalLauncher::Finish(Place& place, const std::string& problem, SweepDisplay& display) {
  const Element& element = elements_[place.row];
  SweepRow& row = rows_[place.row];
  place.child.reset();
  if (const auto score = NewestEvaluation(element.config.run_dir)) row.evaluation = *score;
  const auto seconds = std::chrono::duration<double>(Clock::now() - place.started).count();
  if (problem.empty() && StageOfRun(element.config, Same::kFolder) == RunStage::kFinished) {
    row.state = RowState::kFinished;
    if (place.from_start) row.seconds = seconds;
    char score[32];
    std::snprintf(score, sizeof score, "%.1f", row.evaluation);
    display.Event("finished  " + element.name() + " in " + FormatDuration(seconds) +
                  ", evaluation " + score);
    return;
  }
  // Asked to stop, a run ends with a checkpoint, or at once if it has not begun to train.
  const bool asked = stopping_ && problem.rfind("killed by signal 15", 0) == 0;
  if (problem.empty() || asked) {
    row.state = RowState::kStopped;
    display.Event("stopped   " + element.name() + (asked ? "" : ", with a checkpoint"));
    return;
  }
  row.state = RowState::kFailed;
  const std::string log = element.log_path(output_);
  row.problem = problem + "; its log, " + log;
  const auto lines = LastLines(log, place.log_begin, kLogLines);
  row.problem += lines.empty() ? ", is empty" : ", ends with";
  for (const std::string& line : lines) row.problem += "\n    " + line;
  display.Notice("FAILED    " + element.name() + ": " + problem, rows_);
}

}  // namespace curl_rl::experiments
