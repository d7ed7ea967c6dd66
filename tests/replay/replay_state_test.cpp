// What a replay keeps: saved and taken up, its memory, and what it refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "replay/replay_buffer.h"
#include "tests/replay/small_replay.h"

namespace curl_rl::replay {
namespace {

TEST(ReplayBuffer, GoesOnWhereItWasSaved) {
  ReplayBuffer replay(SmallOptions());
  PlainReplay plain;
  Play(replay, plain, 150, 1);
  replay.Sample(Spec(8));
  auto saved = replay.Save();
  for (auto& [name, tensor] : saved) tensor = tensor.clone();
  ReplayBuffer other(SmallOptions());
  other.Load(saved);
  // In two parts, as an archive would give them back.
  const auto middle = (replay.first_id() + replay.next_id()) / 2;
  other.SetObservations(replay.first_id(), replay.Observations(replay.first_id(), middle));
  other.SetObservations(middle, replay.Observations(middle, replay.next_id()));
  for (int n = 0; n < 100; ++n) {
    for (auto* buffer : {&replay, &other}) {
      if (n == 0) buffer->BeginEpisode(Frame(1000));
      buffer->Add(Frame(1000 + n), {0.1}, 1000 + n, false, false);
    }
    const auto a = replay.Sample(Spec(8, 5));
    const auto b = other.Sample(Spec(8, 5));
    for (const auto& [name, tensor] : a.tensors) {
      ASSERT_TRUE(torch::equal(b.at(name), tensor)) << name;
    }
  }
  EXPECT_EQ(replay.size(), other.size());
}

TEST(ReplayBuffer, RefusesAnothersState) {
  ReplayBuffer replay(SmallOptions());
  PlainReplay plain;
  Play(replay, plain, 30, 1);
  auto options = SmallOptions();
  options.action_size = 2;
  ReplayBuffer other(options);
  EXPECT_THROW(other.Load(replay.Save()), std::runtime_error);
  EXPECT_EQ(other.size(), 0);
  EXPECT_THROW(replay.SetObservations(0, torch::zeros({2, 5, 6, 1}, torch::kUInt8)),
               std::runtime_error);
  EXPECT_THROW(replay.SetObservations(1'000'000, torch::zeros({2, 6, 6, 1}, torch::kUInt8)),
               std::runtime_error);
}

TEST(ReplayBuffer, OneHundredThousandFramesTakeAtMost3Point1Gigabytes) {
  ReplayOptions options;
  options.observation_shape = {100, 100, 3};
  options.action_size = 6;
  EXPECT_LE(ReplayBytes(options), 3'100'000'000);
}

TEST(ReplayBuffer, RefusesMoreThanTheDeviceHasWithTheNumbers) {
  auto options = SmallOptions();
  options.observation_shape = {1000, 1000, 3};
  options.capacity = 10'000'000;
  try {
    ReplayBuffer replay(options);
    FAIL() << "30 TB were accepted";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("30.94 TB"));
    EXPECT_THAT(error.what(), testing::HasSubstr("replay_capacity"));
  }
}

TEST(ReplayBuffer, RefusesWhatIsNoTransition) {
  ReplayBuffer replay(SmallOptions());
  EXPECT_THROW(replay.Sample(Spec(1)), std::logic_error);
  EXPECT_THROW(replay.Add(Frame(0), {0.0}, 0.0, false, false), std::logic_error);
  replay.BeginEpisode(Frame(0));
  EXPECT_THROW(replay.Add(Frame(1), {0.0, 0.0}, 0.0, false, false), std::invalid_argument);
  EXPECT_THROW(replay.Add(Frame(1), {NAN}, 0.0, false, false), std::invalid_argument);
  EXPECT_THROW(replay.Add(Frame(1), {0.0}, NAN, false, false), std::invalid_argument);
  EXPECT_THROW(replay.Add(torch::zeros({5, 6, 1}, torch::kUInt8), {0.0}, 0.0, false, false),
               std::invalid_argument);
  EXPECT_EQ(replay.size(), 0);
  replay.Add(Frame(1), {0.0}, 0.0, true, false);
  EXPECT_THROW(replay.Add(Frame(2), {0.0}, 0.0, false, false), std::logic_error);
}

TEST(ReplayBuffer, RefusesOptionsThatMakeNoSense) {
  auto options = SmallOptions();
  options.frame_stack = 0;
  EXPECT_THROW(ReplayBuffer{options}, std::invalid_argument);
}

}  // namespace
}  // namespace curl_rl::replay
