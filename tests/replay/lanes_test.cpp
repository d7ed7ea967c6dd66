// Several lanes in one replay beside as many replays of one lane, which know nothing of each other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <map>
#include <memory>

#include "replay/replay_buffer.h"
#include "tests/replay/small_replay.h"

namespace curl_rl::replay {
namespace {

constexpr std::int64_t kLanes = 3;

ReplayOptions Options(std::int64_t lanes, std::int64_t capacity,
                      FrameStorage frames = FrameStorage::kRaw) {
  auto options = SmallOptions();
  options.lanes = lanes;
  options.capacity = capacity;
  options.frames = frames;
  return options;
}

// What one lane does in a decision, and the frame that it shows.
struct Deed {
  torch::Tensor start;  // undefined: the episode goes on
  torch::Tensor next;
  std::vector<double> action;
  double reward = 0.0;
  bool terminated = false;
  bool truncated = false;
};

void Do(const Deed& deed, ReplayBuffer& replay, std::int64_t lane) {
  if (deed.start.defined()) replay.BeginEpisode(deed.start, lane);
  replay.Add(deed.next, deed.action, deed.reward, deed.terminated, deed.truncated, lane);
}

// Random episodes of 1 to `longest` decisions in each lane; no two frames and no two rewards are
// alike, so that a row of a batch tells where it is from.
class Players {
 public:
  explicit Players(std::uint64_t seed, std::int64_t longest = 12) : longest_(longest) {
    torch::manual_seed(seed);
  }

  Deed Play(std::size_t lane) {
    Deed deed;
    auto& left = left_[lane];
    if (left == 0) {
      left = 1 + torch::randint(longest_, {1}).item<std::int64_t>();
      deed.start = Frame();
    }
    --left;
    deed.next = Frame();
    deed.reward = ++number_;
    deed.action = {std::sin(number_)};
    deed.terminated = left == 0 && static_cast<std::int64_t>(number_) % 2 == 0;
    deed.truncated = left == 0 && !deed.terminated;
    return deed;
  }

 private:
  static torch::Tensor Frame() { return torch::randint(256, {6, 6, 1}, torch::kUInt8); }

  std::int64_t longest_;
  std::int64_t left_[kLanes] = {};
  double number_ = 0.0;
};

// Everything a batch may ask for.
BatchSpec FullSpec(std::int64_t n_step) {
  auto spec = Spec(1, 6);
  spec.n_step = n_step;
  spec.horizon = 4;
  View later = spec.views.front();
  later.name = "later";
  later.of = ViewOf::kAhead;
  later.ahead = 3;
  spec.views.push_back(later);
  return spec;
}

// The row of each transition, by the reward of its first decision.
std::map<float, std::int64_t> RowsByReward(const Batch& batch) {
  std::map<float, std::int64_t> rows;
  for (std::int64_t row = 0; row < batch.size(); ++row) {
    rows[batch.at("horizon.reward")[row][0].item<float>()] = row;
  }
  return rows;
}

// All of `row` but for what numbers transitions.
void ExpectSameRow(const Batch& expected, std::int64_t expected_row, const Batch& batch,
                   std::int64_t row, std::int64_t lane) {
  ASSERT_EQ(expected.tensors.size(), batch.tensors.size());
  for (const auto& [name, tensor] : expected.tensors) {
    const auto value = batch.at(name)[row];
    if (name == "transition") {
      EXPECT_EQ(value.item<std::int64_t>(),
                tensor[expected_row].item<std::int64_t>() + lane * ReplayBuffer::kLane);
    } else {
      EXPECT_TRUE(torch::equal(value, tensor[expected_row])) << name;
    }
  }
}

// Of each lane the transitions that can be drawn are what a replay of its own would give, to the
// last bit: stacks, next stacks, those ahead, sums of rewards; and nothing that it would not.
TEST(ReplayLanes, EveryTransitionIsThatOfAReplayOfTheLaneAlone) {
  for (const auto frames : {FrameStorage::kRaw, FrameStorage::kCompressed}) {
    for (const int decisions : {1, 2, 7, 20, 21, 22, 60, 200}) {
      ReplayBuffer all(Options(kLanes, 62, frames));  // no multiple of the lanes
      std::vector<std::unique_ptr<ReplayBuffer>> alone;
      for (std::int64_t lane = 0; lane < kLanes; ++lane) {
        alone.push_back(std::make_unique<ReplayBuffer>(Options(1, 10'000)));  // forgets nothing
      }
      Players players(static_cast<std::uint64_t>(decisions));
      for (int n = 0; n < decisions; ++n) {
        for (std::int64_t lane = 0; lane < kLanes; ++lane) {
          const auto at = static_cast<std::size_t>(lane);
          const auto deed = players.Play(at);
          Do(deed, all, lane);
          Do(deed, *alone[at], 0);
        }
      }
      EXPECT_EQ(all.end(), decisions * kLanes);
      const auto batch = all.Read(torch::arange(all.begin(), all.end()), FullSpec(1));
      for (std::int64_t lane = 0; lane < kLanes; ++lane) {
        const auto& own = *alone[static_cast<std::size_t>(lane)];
        const auto expected = own.Read(torch::arange(own.begin(), own.end()), FullSpec(1));
        const auto rows = RowsByReward(expected);
        for (std::int64_t row = 0; row < batch.size(); ++row) {
          if ((all.begin() + row) % kLanes != lane) continue;
          const auto found = rows.find(batch.at("horizon.reward")[row][0].item<float>());
          ASSERT_NE(found, rows.end()) << "a transition of another lane";
          ExpectSameRow(expected, found->second, batch, row, lane);
        }
      }
    }
  }
}

// The same of n-step rewards, which only Sample sums: every row beside the lane's own, where the
// newest and the oldest transitions lie too.
TEST(ReplayLanes, RewardsAreSummedWithinALane) {
  for (const bool whole : {false, true}) {
    ReplayBuffer all(Options(kLanes, 64));
    std::vector<std::unique_ptr<ReplayBuffer>> alone;
    for (std::int64_t lane = 0; lane < kLanes; ++lane) {
      alone.push_back(std::make_unique<ReplayBuffer>(Options(1, 10'000)));
    }
    Players players(5);
    for (int n = 0; n < 90; ++n) {
      for (std::int64_t lane = 0; lane < kLanes; ++lane) {
        const auto deed = players.Play(static_cast<std::size_t>(lane));
        Do(deed, all, lane);
        Do(deed, *alone[static_cast<std::size_t>(lane)], 0);
      }
    }
    auto spec = FullSpec(3);
    spec.whole_windows = whole;
    spec.batch_size = 500;
    const auto batch = all.Sample(spec);
    spec.batch_size = 5000;  // of 90 transitions: all of them, some dozens of times
    std::vector<Batch> expected;
    std::vector<std::map<float, std::int64_t>> rows;
    for (const auto& own : alone) {
      expected.push_back(own->Sample(spec));
      rows.push_back(RowsByReward(expected.back()));
    }
    for (std::int64_t row = 0; row < batch.size(); ++row) {
      const auto lane = batch.at("transition")[row].item<std::int64_t>() / ReplayBuffer::kLane;
      const auto& of_lane = rows.at(static_cast<std::size_t>(lane));
      const auto found = of_lane.find(batch.at("horizon.reward")[row][0].item<float>());
      ASSERT_NE(found, of_lane.end());
      ExpectSameRow(expected[static_cast<std::size_t>(lane)], found->second, batch, row, lane);
    }
  }
}

TEST(ReplayLanes, DrawsUniformlyFromAllLanes) {
  ReplayBuffer replay(Options(kLanes, 60));
  Players players(1, 100);
  for (int n = 0; n < 20; ++n) {
    for (std::int64_t lane = 0; lane < kLanes; ++lane) {
      Do(players.Play(static_cast<std::size_t>(lane)), replay, lane);
    }
  }
  std::map<float, int> counts;
  const auto rewards = replay.Sample(Spec(60'000)).at("reward");
  for (std::int64_t i = 0; i < rewards.size(0); ++i) ++counts[rewards[i].item<float>()];
  ASSERT_EQ(counts.size(), 60u);
  // 1000 expected each, standard deviation 31.4: five of them.
  for (const auto& [reward, count] : counts) EXPECT_NEAR(count, 1000, 160) << reward;
}

TEST(ReplayLanes, KeepTheirCapacityForEpisodesOf32DecisionsAndMore) {
  ReplayBuffer replay(Options(kLanes, 1000));
  for (int n = 0; n < 2000; ++n) {
    for (std::int64_t lane = 0; lane < kLanes; ++lane) {
      const auto step = (n + 10 * lane) % 32;  // they end at different times
      if (n == 0 || step == 0) replay.BeginEpisode(Frame(n), lane);
      replay.Add(Frame(n), {0.0}, n, false, step == 31, lane);
    }
  }
  // Lanes that are short of frames at different times take the others' oldest: a few.
  EXPECT_GE(replay.size(), 1000 - kLanes);
}

TEST(ReplayLanes, TheNewestStackHasARowForEachLane) {
  ReplayBuffer all(Options(kLanes, 64));
  std::vector<std::unique_ptr<ReplayBuffer>> alone;
  for (std::int64_t lane = 0; lane < kLanes; ++lane) {
    alone.push_back(std::make_unique<ReplayBuffer>(Options(1, 64)));
    alone.back()->BeginEpisode(Frame(static_cast<int>(lane)));
    if (lane > 0) {
      EXPECT_THROW(all.NewestStack(), std::logic_error);  // one lane is between episodes
    }
    all.BeginEpisode(Frame(static_cast<int>(lane)), lane);
  }
  for (int n = 0; n < 80; ++n) {
    for (std::int64_t lane = 0; lane < kLanes; ++lane) {
      const auto at = static_cast<std::size_t>(lane);
      EXPECT_TRUE(torch::equal(all.NewestStack()[lane], alone[at]->NewestStack()[0])) << n;
      const Deed deed{{}, Frame(3 * n + static_cast<int>(lane) + 7), {0.5}, 1.0, false, false};
      Do(deed, all, lane);
      Do(deed, *alone[at], 0);
    }
  }
}

TEST(ReplayLanes, GoOnWhereTheyWereSavedInTheMiddleOfATurnToo) {
  for (const int turns : {1, 40, 41}) {
    ReplayBuffer replay(Options(kLanes, 62));
    Players players(9);
    for (int n = 0; n < turns; ++n) {
      for (std::int64_t lane = 0; lane < kLanes; ++lane) {
        if (n == turns - 1 && lane == 2 && turns == 41) continue;
        Do(players.Play(static_cast<std::size_t>(lane)), replay, lane);
      }
    }
    replay.Sample(Spec(8));
    auto saved = replay.Save();
    for (auto& [name, tensor] : saved) tensor = tensor.clone();
    ReplayBuffer other(Options(kLanes, 62));
    other.Load(saved);
    for (std::int64_t lane = 0; lane < kLanes; ++lane) {
      const auto first = replay.first_id(lane), next = replay.next_id(lane);
      EXPECT_EQ(other.next_id(lane), next);
      EXPECT_GE(replay.oldest_needed_id(lane), first);
      EXPECT_LT(replay.oldest_needed_id(lane), next);
      // What is needed is enough.
      const auto needed = replay.oldest_needed_id(lane);
      other.SetObservations(needed, replay.Observations(needed, next, lane), lane);
      EXPECT_THROW(other.SetObservations(next, replay.Observations(first, first + 1, lane), lane),
                   std::runtime_error);
    }
    for (int n = 0; n < 60; ++n) {
      const auto lane = replay.end() % kLanes;
      const auto deed = players.Play(static_cast<std::size_t>(lane));
      Do(deed, replay, lane);
      Do(deed, other, lane);
      const auto a = replay.Sample(FullSpec(3)), b = other.Sample(FullSpec(3));
      for (const auto& [name, tensor] : a.tensors) {
        ASSERT_TRUE(torch::equal(b.at(name), tensor)) << name;
      }
    }
    EXPECT_EQ(replay.begin(), other.begin());
  }
}

TEST(ReplayLanes, AnotherNumberOfLanesIsRefused) {
  ReplayBuffer two(Options(2, 64)), one(Options(1, 64));
  for (std::int64_t lane : {0, 1}) {
    two.BeginEpisode(Frame(0), lane);
    two.Add(Frame(1), {0.0}, 0.0, false, false, lane);
  }
  EXPECT_THAT([&] { one.Load(two.Save()); },
              testing::ThrowsMessage<std::runtime_error>(testing::HasSubstr("those of 1 lanes")));
  EXPECT_THAT([&] { two.Load(one.Save()); },
              testing::ThrowsMessage<std::runtime_error>(testing::HasSubstr("6 whole numbers")));
  auto saved = two.Save();
  saved["counters"] = saved.at("counters").clone();
  saved["counters"][4] = 0;  // the second lane has a transition and no observation
  EXPECT_THAT([&] { two.Load(saved); },
              testing::ThrowsMessage<std::runtime_error>(testing::HasSubstr("are of no replay")));
}

TEST(ReplayLanes, TakeTurns) {
  ReplayBuffer replay(Options(2, 64));
  replay.BeginEpisode(Frame(0), 0);
  replay.BeginEpisode(Frame(0), 1);
  EXPECT_THROW(replay.Add(Frame(1), {0.0}, 0.0, false, false, 1), std::logic_error);
  replay.Add(Frame(1), {0.0}, 0.0, false, false, 0);
  EXPECT_THROW(replay.Add(Frame(1), {0.0}, 0.0, false, false, 0), std::logic_error);
  EXPECT_THROW(replay.BeginEpisode(Frame(0), 2), std::invalid_argument);
  EXPECT_THROW(replay.Add(Frame(1), {0.0}, 0.0, false, false, -1), std::invalid_argument);
  EXPECT_EQ(replay.size(), 1);
}

TEST(ReplayLanes, RefuseFewerTransitionsThanLanes) {
  EXPECT_THROW(ReplayBuffer{Options(0, 64)}, std::invalid_argument);
  EXPECT_THROW(ReplayBuffer{Options(8, 7)}, std::invalid_argument);
}

// Each lane has a spare slot in 32, and those of a stack.
TEST(ReplayLanes, TakeHardlyMoreThanOne) {
  ReplayOptions options;
  options.observation_shape = {100, 100, 3};
  const auto one = ReplayBytes(options);
  options.lanes = 16;
  EXPECT_GT(ReplayBytes(options), one);
  EXPECT_LT(ReplayBytes(options), one + 16 * 5 * 30'000);
}

}  // namespace
}  // namespace curl_rl::replay
