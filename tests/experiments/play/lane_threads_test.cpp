// Work of several lanes in the threads that own them, environments among it. Runs without LibTorch,
// and so under the thread sanitizer (preset dev-thread).
#include "experiments/play/lane_threads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "envs/registry.h"

namespace curl_rl::experiments {
namespace {

TEST(LaneThreads, ALaneIsAlwaysWorkedOnByTheSameThread) {
  for (const std::size_t threads : {1, 2, 5, 9}) {
    LaneThreads lanes(5, threads);
    EXPECT_EQ(lanes.threads(), std::min<std::size_t>(threads, 5));
    std::vector<std::set<std::thread::id>> workers(5);
    for (int round = 0; round < 50; ++round) {
      for (std::size_t lane = 0; lane < 5; ++lane) {
        lanes.Begin(lane, [&workers, lane] { workers[lane].insert(std::this_thread::get_id()); });
      }
      lanes.Finish();
    }
    std::set<std::thread::id> all;
    for (const auto& of_lane : workers) {
      EXPECT_EQ(of_lane.size(), 1u);
      all.insert(of_lane.begin(), of_lane.end());
    }
    EXPECT_EQ(all.size(), lanes.threads());
    EXPECT_EQ(all.count(std::this_thread::get_id()), 0u);
  }
}

TEST(LaneThreads, NoThreadsMeansOne) {
  LaneThreads lanes(3, 0);
  EXPECT_EQ(lanes.threads(), 1u);
  lanes.Finish();  // of nothing
}

// What one lane throws reaches whoever waits, after all have come to an end; then they go on.
TEST(LaneThreads, TheFirstLanesErrorIsThrownWhenAllAreDone) {
  LaneThreads lanes(4, 2);
  std::vector<int> done(4);
  const auto play = [&](std::size_t broken) {
    for (std::size_t lane = 0; lane < 4; ++lane) {
      lanes.Begin(lane, [&done, lane, broken] {
        if (lane >= broken) throw std::runtime_error("lane " + std::to_string(lane));
        ++done[lane];
      });
    }
    lanes.Finish();
  };
  EXPECT_THAT([&] { play(2); },
              testing::ThrowsMessage<std::runtime_error>(testing::StrEq("lane 2")));
  play(4);
  EXPECT_THAT(done, testing::ElementsAre(2, 2, 1, 1));
}

TEST(LaneThreads, WorkThatIsNotFinishedIsNotFollowedByOther) {
  LaneThreads lanes(2, 2);
  lanes.Begin(0, [] {});
  EXPECT_THROW(lanes.Begin(0, [] {}), std::logic_error);
  lanes.Begin(1, [] {});
  lanes.Finish();
  lanes.Begin(0, [] {});
}  // ends with work that nobody waited for

TEST(LaneThreads, WhatIsAbandonedThrowsNothing) {
  LaneThreads lanes(2, 1);
  lanes.Begin(0, [] { throw 1; });
  lanes.Abandon();
  int done = 0;
  lanes.Begin(0, [&done] { ++done; });
  lanes.Finish();
  EXPECT_EQ(done, 1);
}

TEST(LaneThreads, TheEndWaitsForWhatWasBegun) {
  bool done = false;
  {
    LaneThreads lanes(1, 1);
    lanes.Begin(0, [&done] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      done = true;
    });
  }
  EXPECT_TRUE(done);
}

constexpr int kSize = 32;
constexpr int kDecisions = 6;

// Frames for tests in which it counts who draws them.
envs::RenderOptions Cheap() {
  envs::RenderOptions render;
  render.samples = 0;
  render.shadow_size = 64;
  return render;
}

// One lane: an environment with a seed and random actions of its own, and what it showed.
struct Play {
  Play(std::uint32_t seed, const envs::RenderOptions& render) : random(seed) {
    envs::EnvironmentOptions options;
    options.seed = seed;
    options.image_size = kSize;
    options.render = render;
    environment = envs::Make("cartpole_swingup", options);
    environment->Reset();
  }

  void Decide() {
    std::uniform_real_distribution<double> uniform(-1.0, 1.0);
    std::vector<double> action(static_cast<std::size_t>(environment->action_spec().size));
    for (double& component : action) component = uniform(random);
    rewards.push_back(environment->Step(action).reward);
    const auto begin = frames.size();
    frames.resize(begin + environment->observation_spec().pixel_count());
    environment->Observe(&frames[begin]);
  }

  std::mt19937 random;
  std::unique_ptr<envs::Environment> environment;
  std::vector<double> rewards;
  std::vector<std::uint8_t> frames;  // one behind the other
};

// Made, played and ended in their threads, while the owner does something else: as training does.
void ExpectTheSameOn(const std::vector<std::size_t>& numbers_of_threads,
                     const envs::RenderOptions& render) {
  constexpr std::size_t kLanes = 3;
  std::vector<std::unique_ptr<Play>> alone;
  for (std::uint32_t seed = 1; seed <= kLanes; ++seed) {
    alone.push_back(std::make_unique<Play>(seed, render));
    for (int i = 0; i < kDecisions; ++i) alone.back()->Decide();
  }
  for (const std::size_t threads : numbers_of_threads) {
    LaneThreads lanes(kLanes, threads);
    std::vector<std::unique_ptr<Play>> plays(kLanes);
    const auto each = [&](const std::function<void(std::unique_ptr<Play>&, std::uint32_t)>& work) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        lanes.Begin(lane, [&work, play = &plays[lane],
                           seed = static_cast<std::uint32_t>(lane + 1)] { work(*play, seed); });
      }
      lanes.Finish();
    };
    each([&render](std::unique_ptr<Play>& play, std::uint32_t seed) {
      play = std::make_unique<Play>(seed, render);
    });
    for (int i = 0; i < kDecisions; ++i) {
      each([](std::unique_ptr<Play>& play, std::uint32_t) { play->Decide(); });
    }
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      EXPECT_EQ(plays[lane]->rewards, alone[lane]->rewards) << threads << ' ' << lane;
      EXPECT_EQ(plays[lane]->frames, alone[lane]->frames) << threads << ' ' << lane;
      for (std::size_t other = 0; other < lane; ++other) {
        EXPECT_NE(plays[lane]->frames, plays[other]->frames);
      }
    }
    each([](std::unique_ptr<Play>& play, std::uint32_t) { play.reset(); });
  }
}

TEST(LaneThreads, EnvironmentsShowTheSameOnAnyNumberOfThreads) {
  ExpectTheSameOn({1, 2, 3}, Cheap());
}

// With multisampling, shadows and their maps of which parts are cleared, in three threads at a
// time.
TEST(LaneThreads, SoTheyDoAtTheSuitesOwnQuality) { ExpectTheSameOn({3}, envs::RenderOptions()); }

}  // namespace
}  // namespace curl_rl::experiments
