// Runs the elements of a grid as child processes of this program, a few at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "experiments/machine/signals.h"
#include "experiments/sweep/child_process.h"
#include "experiments/sweep/display.h"
#include "experiments/sweep/grid.h"
#include "experiments/sweep/resources.h"

namespace curl_rl::experiments {

class LocalLauncher {
 public:
  /// `elements` must outlive it; finished ones are skipped. Throws UsageError as StageOfRun does.
  LocalLauncher(const std::vector<Element>& elements, std::string output, const Share& share,
                const Machine& machine);

  /// Starts what is to be done, `share.jobs` at once, until everything has ended or `requests` ask
  /// to stop: the runs then write their checkpoints and this waits for them. A run that fails keeps
  /// no other from going on.
  void Run(const SignalRequests& requests, SweepDisplay& display);

  /// One a run, in the order of the elements.
  const std::vector<SweepRow>& rows() const { return rows_; }

 private:
  using Clock = std::chrono::steady_clock;

  // What is at work in one of the `jobs` places.
  struct Place {
    std::size_t row = 0;
    std::optional<ChildProcess> child;
    std::int64_t log_begin = 0;  // where the log of this start begins
    Clock::time_point started;
    bool from_start = true;  // not resumed
  };

  void StartWhatFits(SweepDisplay& display);
  void Start(std::size_t row, std::size_t place, SweepDisplay& display);
  void LookAfter(Place& place, SweepDisplay& display);
  void Finish(Place& place, const std::string& problem, SweepDisplay& display);
  bool AnyoneAtWork() const;
  bool AnyoneWaiting() const;

  const std::vector<Element>& elements_;
  std::string output_;
  Share share_;
  Machine machine_;
  std::string program_;
  std::vector<SweepRow> rows_;
  std::vector<Place> places_;
  bool stopping_ = false;
  std::optional<Clock::time_point> blocked_since_;  // all that wait are locked by other processes
};

}  // namespace curl_rl::experiments
