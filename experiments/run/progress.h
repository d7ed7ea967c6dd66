// How far a run is: one line that is rewritten on a terminal, a line now and then when piped.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>

namespace curl_rl::experiments {

/// What a progress line tells.
struct ProgressState {
  std::int64_t env_step = 0;
  std::int64_t env_steps = 0;       // the budget
  double env_steps_per_second = 0;  // 0: not known yet
  double train_return = 0;          // of the last training episode; NaN: none yet
  double eval_return = 0;           // mean of the last evaluation; NaN: none yet
};

/// "  40000/100000 env steps  40 %  215/s  ETA 4:39  train 183.2  eval 210.7"; beyond the budget
/// "351 env steps, the budget is 250  eval 210.7".
std::string FormatProgress(const ProgressState& state);

/// "4:39" or "1:04:39"; seconds are rounded up.
std::string FormatDuration(double seconds);

/// Columns of the terminal that is the standard output; 80 if it does not tell.
std::size_t TerminalWidth();

/// One thread uses it. The clock is monotone; the rate is that of the last interval, smoothed.
class Progress {
 public:
  /// `terminal`: rewrite one line, several times a second; else a line each `plain_interval`.
  /// `first_env_step`: where the run (or its continuation) starts.
  /// `width` tells the terminal's columns; a line is cut to stay below them, since a longer one
  /// could not be rewritten.
  Progress(std::ostream& out, bool terminal, std::int64_t env_steps, std::int64_t first_env_step,
           std::chrono::seconds plain_interval = std::chrono::seconds(10),
           std::size_t (*width)() = TerminalWidth);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// May be called after every step: most calls only look at the clock.
  void Update(std::int64_t env_step);
  void set_train_return(double value) { state_.train_return = value; }
  /// What the first evaluation took is left out of the speed: else it would be that of a run that
  /// stands still.
  void set_eval_return(double value);

  /// A line of its own, above the progress line.
  void Print(const std::string& line);

  /// The same on stderr: "curl-rl: warning: line".
  void Warn(const std::string& line);

 private:
  using Clock = std::chrono::steady_clock;
  void Show();
  std::string Erased() const;

  std::ostream& out_;
  bool terminal_;
  std::size_t (*width_)();
  Clock::duration interval_;
  ProgressState state_;
  Clock::time_point shown_at_;
  std::int64_t shown_step_;
  std::size_t shown_width_ = 0;
};

/// True if the file descriptor (1: stdout) is a terminal.
bool IsTerminal(int fd);

}  // namespace curl_rl::experiments
