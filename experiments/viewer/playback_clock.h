// When the next control step is due: real time, however fast anything is drawn.
#pragma once

#include <deque>

namespace curl_rl::viewer {

/// How often something happens, over the last second, or since the last time where that is longer.
class RateMeter {
 public:
  /// It happened at `now` (seconds on any clock that does not go back), `amount` times.
  void Add(double now, double amount = 1.0);

  /// A second; 0 until it has happened twice, or if it has stopped.
  double Rate(double now) const;

  void Clear() { events_.clear(); }

 private:
  struct Event {
    double time;
    double amount;
  };
  std::deque<Event> events_;
};

/// Paces control steps of `control_timestep` simulated seconds. Pure: the caller tells the time.
class PlaybackClock {
 public:
  PlaybackClock(double control_timestep, double now);

  /// Whether a control step is to be made now. While paused: only those asked for by StepOnce.
  bool Due(double now) const;

  /// When the next one is; infinity while paused.
  double next_due() const;

  /// One was made. Who is late catches up to kMaxLag; what is beyond is given up, so that a slow
  /// policy plays slowly instead of racing afterwards.
  void Stepped(double now);

  void TogglePause(double now);
  void StepOnce();                            // pauses too
  void ChangeSpeed(int notches, double now);  // by powers of two, within 1/16 .. 16
  void SetRealTime(double now);               // speed 1
  void Hold(double now, double seconds);      // nothing is due for so long

  bool paused() const { return paused_; }
  double speed() const { return speed_; }  // simulated seconds a second, as wanted
  double ReachedSpeed(double now) const { return reached_.Rate(now); }

 private:
  static constexpr double kMaxLag = 0.1;  // seconds

  double control_timestep_;
  double speed_ = 1.0;
  double due_;
  bool paused_ = false;
  int steps_asked_ = 0;
  RateMeter reached_;  // of simulated seconds
};

}  // namespace curl_rl::viewer
