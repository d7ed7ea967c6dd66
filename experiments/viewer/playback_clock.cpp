#include "experiments/viewer/playback_clock.h"

#include <algorithm>
#include <limits>

namespace curl_rl::viewer {
namespace {

constexpr double kWindow = 1.0;  // seconds
constexpr double kMaxSpeed = 16.0;

}  // namespace

void RateMeter::Add(double now, double amount) {
  events_.push_back({now, amount});
  while (events_.front().time < now - kWindow) events_.pop_front();
}

double RateMeter::Rate(double now) const {
  // From the first event in the window to the last: amounts after the first, per time between.
  double sum = 0.0;
  double first = 0.0;
  double last = 0.0;
  bool any = false;
  for (const Event& event : events_) {
    if (event.time < now - kWindow) continue;
    if (any) {
      sum += event.amount;
    } else {
      first = event.time;
    }
    last = event.time;
    any = true;
  }
  return last > first ? sum / (last - first) : 0.0;
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
