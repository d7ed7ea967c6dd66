// The viewer's clock: real time, speeds, pauses, single steps.
#include "experiments/viewer/playback_clock.h"

#include <gtest/gtest.h>

#include <limits>

namespace curl_rl::viewer {
namespace {

// Steps made from `from` to `to` by someone who looks every `look` seconds and needs `cost` for
// one.
int Play(PlaybackClock& clock, double from, double to, double look, double cost = 0.0) {
  int steps = 0;
  for (double now = from; now < to;) {
    if (clock.Due(now)) {
      now += cost;
      clock.Stepped(now);
      ++steps;
    } else {
      now += look;
    }
  }
  return steps;
}

TEST(PlaybackClock, KeepsRealTimeHoweverOftenItIsAsked) {
  for (const double look : {0.0001, 0.003, 0.04}) {
    PlaybackClock clock(0.01, 0.0);
    EXPECT_NEAR(Play(clock, 0.0, 10.0, look), 1000, 5) << look;
  }
}

TEST(PlaybackClock, SpeedsGoByPowersOfTwo) {
  PlaybackClock clock(0.01, 0.0);
  clock.ChangeSpeed(1, 0.0);
  EXPECT_EQ(clock.speed(), 2.0);
  EXPECT_NEAR(Play(clock, 0.0, 5.0, 0.001), 1000, 2);
  clock.ChangeSpeed(-3, 5.0);
  EXPECT_EQ(clock.speed(), 0.25);
  EXPECT_NEAR(Play(clock, 5.0, 9.0, 0.001), 100, 2);
  clock.ChangeSpeed(-30, 9.0);
  EXPECT_EQ(clock.speed(), 1.0 / 16.0);
  clock.ChangeSpeed(30, 9.0);
  EXPECT_EQ(clock.speed(), 16.0);
  clock.SetRealTime(9.0);
  EXPECT_EQ(clock.speed(), 1.0);
}

TEST(PlaybackClock, PauseHoldsTimeAndStepsAreCounted) {
  PlaybackClock clock(0.01, 0.0);
  clock.TogglePause(0.0);
  EXPECT_TRUE(clock.paused());
  EXPECT_EQ(clock.next_due(), std::numeric_limits<double>::infinity());
  EXPECT_EQ(Play(clock, 0.0, 100.0, 0.1), 0);
  clock.StepOnce();
  clock.StepOnce();
  EXPECT_EQ(Play(clock, 100.0, 101.0, 0.1), 2);
  clock.TogglePause(200.0);  // what passed meanwhile is not made up for
  EXPECT_NEAR(Play(clock, 200.0, 201.0, 0.001), 100, 2);
}

TEST(PlaybackClock, StepOncePausesTheGoingPlay) {
  PlaybackClock clock(0.01, 0.0);
  Play(clock, 0.0, 1.0, 0.001);
  clock.StepOnce();
  EXPECT_TRUE(clock.paused());
  EXPECT_EQ(Play(clock, 1.0, 2.0, 0.001), 1);
}

TEST(PlaybackClock, ASlowPolicyPlaysSlowlyAndDoesNotRaceAfterwards) {
  PlaybackClock clock(0.01, 0.0);
  EXPECT_NEAR(Play(clock, 0.0, 10.0, 0.001, 0.05), 200, 5);
  EXPECT_NEAR(clock.ReachedSpeed(10.0), 0.2, 0.02);
  // Then it is fast again: at most what kMaxLag allows is made up for.
  EXPECT_LE(Play(clock, 10.0, 11.0, 0.001), 100 + 11);
}

TEST(PlaybackClock, AShortDelayIsMadeUpFor) {
  PlaybackClock clock(0.01, 0.0);
  int steps = Play(clock, 0.0, 1.0, 0.001);
  steps += Play(clock, 1.06, 2.0, 0.001);
  EXPECT_NEAR(steps, 200, 2);
}

TEST(PlaybackClock, HoldsAfterAnEpisode) {
  PlaybackClock clock(0.01, 0.0);
  clock.Hold(0.0, 1.0);
  EXPECT_EQ(Play(clock, 0.0, 0.99, 0.001), 0);
  EXPECT_NEAR(Play(clock, 1.0, 2.0, 0.001), 100, 2);
}

TEST(RateMeter, MeasuresTheLastSecond) {
  RateMeter meter;
  EXPECT_EQ(meter.Rate(0.0), 0.0);
  for (int i = 0; i < 200; ++i) meter.Add(0.05 * i);
  EXPECT_NEAR(meter.Rate(9.95), 20.0, 1e-6);
  for (int i = 0; i < 100; ++i) meter.Add(10.0 + 0.01 * i);
  EXPECT_NEAR(meter.Rate(11.0), 100.0, 2.0);
  EXPECT_EQ(meter.Rate(100.0), 0.0);
  // Slower than once a second.
  meter.Add(102.0);
  meter.Add(104.0);
  EXPECT_NEAR(meter.Rate(105.0), 0.5, 1e-9);
}

}  // namespace
}  // namespace curl_rl::viewer
