// Writes the line of progress, and estimates the speed.
#include "experiments/run/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <limits>

namespace curl_rl::experiments {
namespace {

std::string Decimal(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string Returns(const ProgressState& state) {
  std::string text;
  if (!std::isnan(state.train_return)) text += Decimal("  train %.1f", state.train_return);
  if (!std::isnan(state.eval_return)) text += Decimal("  eval %.1f", state.eval_return);
  return text;
}

}  // namespace

std::size_t TerminalWidth() {
  winsize size{};
  const bool told = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return told ? size.ws_col : 80;
}

bool IsTerminal(int fd) { return ::isatty(fd) == 1; }

std::string FormatProgress(const ProgressState& state) {
  if (state.env_step > state.env_steps) {  // a run whose budget was lowered
    return std::to_string(state.env_step) + " env steps, the budget is " +
           std::to_string(state.env_steps) + Returns(state);
  }
  const std::string budget = std::to_string(state.env_steps);
  std::string step = std::to_string(state.env_step);
  step.insert(0, budget.size() - std::min(budget.size(), step.size()), ' ');
  const double share = static_cast<double>(state.env_step) / static_cast<double>(state.env_steps);
  std::string line = step + "/" + budget + " env steps " + Decimal("%3.0f %%", 100.0 * share);
  if (state.env_steps_per_second > 0) {
    const auto left = static_cast<double>(state.env_steps - state.env_step);
    line += Decimal("  %.0f/s", state.env_steps_per_second) + "  ETA " +
            FormatDuration(left / state.env_steps_per_second);
  }
  return line + Returns(state);
}

std::string FormatDuration(double seconds) {
  const auto total = static_cast<long long>(std::ceil(seconds));
  char text[48];
  if (total < 3600) {
    std::snprintf(text, sizeof text, "%lld:%02lld", total / 60, total % 60);
  } else {
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", total / 3600, total / 60 % 60,
                  total % 60);
  }
  return text;
}

Progress::Progress(std::ostream& out, bool terminal, std::int64_t env_steps,
                   std::int64_t first_env_step, std::chrono::seconds plain_interval,
                   std::size_t (*width)())
    : out_(out),
      terminal_(terminal),
      width_(width),
      interval_(terminal ? Clock::duration(std::chrono::milliseconds(250))
                         : Clock::duration(plain_interval)),
      shown_at_(Clock::now()),
      shown_step_(first_env_step) {
  state_.env_step = first_env_step;
  state_.env_steps = env_steps;
  state_.train_return = state_.eval_return = std::numeric_limits<double>::quiet_NaN();
}

Progress::~Progress() {
  if (terminal_ && shown_width_ > 0) out_ << "\n" << std::flush;
}

void Progress::Update(std::int64_t env_step) {
  state_.env_step = env_step;
  const Clock::time_point now = Clock::now();
  if (now - shown_at_ < interval_ && env_step < state_.env_steps) return;
  const double seconds = std::chrono::duration<double>(now - shown_at_).count();
  if (env_step > shown_step_ && seconds > 0) {
    // Each interval counts by its length: the mean reaches back about 5 s.
    const double rate = static_cast<double>(env_step - shown_step_) / seconds;
    const double old = state_.env_steps_per_second;
    const double weight = old > 0 ? 1.0 - std::exp(-seconds / 5.0) : 1.0;
    state_.env_steps_per_second = old + weight * (rate - old);
  }
  shown_at_ = now;
  shown_step_ = env_step;
  Show();
}

void Progress::set_eval_return(double value) {
  const bool first = std::isnan(state_.eval_return);
  state_.eval_return = value;
  if (!first || state_.env_steps_per_second > 0) return;
  shown_at_ = Clock::now();
  shown_step_ = state_.env_step;
}

void Progress::Show() {
  std::string line = FormatProgress(state_);
  if (!terminal_) {
    out_ << line << "\n" << std::flush;
    return;
  }
  const std::size_t columns = std::max<std::size_t>(width_(), 2) - 1;
  if (line.size() > columns) line.resize(columns);
  const std::size_t shown = std::min(shown_width_, columns);
  out_ << "\r" << line << std::string(shown - std::min(shown, line.size()), ' ') << std::flush;
  shown_width_ = line.size();
}

std::string Progress::Erased() const { return "\r" + std::string(shown_width_, ' ') + "\r"; }

void Progress::Print(const std::string& line) {
  if (!terminal_) {
    out_ << line << "\n" << std::flush;
    return;
  }
  out_ << Erased() << line << "\n";
  shown_width_ = 0;
  Show();
}

void Progress::Warn(const std::string& line) {
  if (terminal_) out_ << Erased() << std::flush;
  std::cerr << "curl-rl: warning: " << line << std::endl;
  shown_width_ = 0;
  if (terminal_) Show();
}

}  // namespace curl_rl::experiments
