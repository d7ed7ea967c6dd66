// Keeps wall time and simulated time together at any speed, and measures rates.
#include "experiments/viewer/playback_clock.h"

#include <algorithm>
#include <limits>

namespace curl_rl::viewer {
namespace {

constexpr double kWindow = 1.0;     // seconds
constexpr double kForgotten = 5.0;  // seconds after which nothing happens any more
constexpr double kMaxSpeed = 16.0;

}  // namespace

void RateMeter::Add(double now, double amount) {
  events_.push_back({now, amount});
  while (events_.size() > 2 && events_.front().time < now - kWindow) events_.pop_front();
}

double RateMeter::Rate(double now) const {
  if (events_.size() < 2 || now - events_.back().time > kForgotten) return 0.0;
  // Amounts after the first, by the time from the first to the last.
  double sum = -events_.front().amount;
  for (const Event& event : events_) sum += event.amount;
  const double seconds = events_.back().time - events_.front().time;
  return seconds > 0.0 ? sum / seconds : 0.0;
}

PlaybackClock::PlaybackClock(double control_timestep, double now)
    : control_timestep_(control_timestep), due_(now) {}

bool PlaybackClock::Due(double now) const { return paused_ ? steps_asked_ > 0 : now >= due_; }

double PlaybackClock::next_due() const {
  return paused_ ? std::numeric_limits<double>::infinity() : due_;
}

void PlaybackClock::Stepped(double now) {
  if (paused_) {
    steps_asked_ = std::max(0, steps_asked_ - 1);
    return;
  }
  due_ = std::max(due_ + control_timestep_ / speed_, now - kMaxLag);
  reached_.Add(now, control_timestep_);
}

void PlaybackClock::TogglePause(double now) {
  paused_ = !paused_;
  steps_asked_ = 0;
  due_ = now;
  reached_.Clear();
}

void PlaybackClock::StepOnce() {
  if (!paused_) reached_.Clear();
  paused_ = true;
  ++steps_asked_;
}

void PlaybackClock::ChangeSpeed(int notches, double now) {
  for (; notches > 0; --notches) speed_ *= 2.0;
  for (; notches < 0; ++notches) speed_ /= 2.0;
  speed_ = std::clamp(speed_, 1.0 / kMaxSpeed, kMaxSpeed);
  due_ = now;
  reached_.Clear();
}

void PlaybackClock::SetRealTime(double now) {
  speed_ = 1.0;
  due_ = now;
  reached_.Clear();
}

void PlaybackClock::Hold(double now, double seconds) {
  due_ = now + seconds;
  reached_.Clear();
}

}  // namespace curl_rl::viewer
