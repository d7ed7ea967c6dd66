// Splits by whole episodes, and R² of features whose worth is known.
#include "experiments/probe/regression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "experiments/probe/representation.h"

namespace curl_rl::probe {
namespace {

// `episodes` of each kind with `length` frames, states of three entries: noise, noise of the
// episode, a constant.
Frames MadeFrames(std::int64_t episodes, std::int64_t length) {
  auto stream = at::detail::createCPUGenerator(7);
  const auto n = 2 * episodes * length;
  Frames frames;
  frames.stacks = torch::zeros({n, 4, 6, 3}, torch::kUInt8);
  frames.episode = torch::arange(n, torch::kInt64).floor_divide(length);
  frames.step = torch::arange(n, torch::kInt64).remainder(length) + 1;
  frames.random = frames.episode >= episodes;
  frames.rewards = torch::zeros({n}, torch::kFloat64);
  const auto of_episode = torch::randn({2 * episodes}, stream, torch::kFloat64);
  frames.states = torch::stack(
      {torch::randn({n}, stream, torch::kFloat64), of_episode.index_select(0, frames.episode),
       torch::full({n}, 3.0, torch::kFloat64)},
      1);
  frames.state_names = {"free", "fixed", "constant"};
  frames.returns.assign(static_cast<std::size_t>(2 * episodes), 0.0);
  frames.policy_episodes = episodes;
  return frames;
}

std::set<std::int64_t> EpisodesOf(const Frames& frames, const torch::Tensor& rows) {
  std::set<std::int64_t> numbers;
  for (std::int64_t i = 0; i < rows.size(0); ++i) {
    numbers.insert(frames.episode[rows[i]].item<std::int64_t>());
  }
  return numbers;
}

TEST(SplitEpisodes, TakesEveryFourthOfEachKindToJudge) {
  const auto frames = MadeFrames(9, 3);
  const auto split = SplitEpisodes(frames);
  EXPECT_EQ(EpisodesOf(frames, split.test), (std::set<std::int64_t>{3, 7, 12, 16}));
  EXPECT_EQ(split.test_episodes, 4);
  EXPECT_EQ(split.fit_episodes, 14);
  EXPECT_EQ(split.fit.size(0), 14 * 3);
  // Every fold has whole episodes, and all five have some of either kind.
  for (std::int64_t fold = 0; fold < 5; ++fold) {
    const auto rows = split.fit.masked_select(split.folds == fold);
    EXPECT_EQ(rows.size(0) % 3, 0);
    const auto numbers = EpisodesOf(frames, rows);
    EXPECT_GE(numbers.size(), 2u);
    EXPECT_LT(*numbers.begin(), 9);
    EXPECT_GE(*numbers.rbegin(), 9);
  }
  EXPECT_EQ(split.folds.max().item<std::int64_t>(), 4);
  EXPECT_EQ(SplitEpisodes(MadeFrames(4, 3)).folds.max().item<std::int64_t>(), 2);
}

TEST(Regress, TellsWhatIsThereAndNothingElse) {
  const auto frames = MadeFrames(20, 10);
  const auto split = SplitEpisodes(frames);
  auto stream = at::detail::createCPUGenerator(8);
  const auto noise = torch::randn({frames.size(), 4}, stream, torch::kFloat64);
  // Half of the variance of "free" is told, and nothing of the others.
  auto features = noise.clone();
  features.select(1, 0) += frames.states.select(1, 0);
  const auto told = Regress(frames, split, features, 500, 1);
  ASSERT_EQ(told.entries.size(), 3u);
  const auto& free = told.entries[0].all;
  EXPECT_NEAR(free.value, 0.5, 0.1);  // 100 test frames: a standard deviation of 0.05
  EXPECT_LT(free.low, free.value);
  EXPECT_GT(free.high, free.value);
  EXPECT_NEAR(told.entries[0].policy, 0.5, 0.2);
  EXPECT_NEAR(told.entries[0].random, 0.5, 0.2);
  EXPECT_LT(told.entries[1].all.value, 0.05);
  EXPECT_TRUE(std::isnan(told.entries[2].all.value));
  EXPECT_TRUE(std::isnan(told.entries[2].policy));
  EXPECT_NEAR(told.mean.all.value, (free.value + told.entries[1].all.value) / 2, 1e-12);
  // Features that hold the state tell all of it.
  const auto all = Regress(frames, split, frames.states, 100, 1);
  EXPECT_GT(all.entries[0].all.value, 0.999);
  EXPECT_GT(all.entries[0].all.low, 0.999);
}

TEST(Regress, IsTheSameEveryTime) {
  const auto frames = MadeFrames(8, 5);
  const auto split = SplitEpisodes(frames);
  const auto a = Regress(frames, split, frames.states, 200, 3);
  const auto b = Regress(frames, split, frames.states, 200, 3);
  EXPECT_EQ(a.entries[0].all.low, b.entries[0].all.low);
  EXPECT_EQ(a.mean.all.high, b.mean.all.high);
}

TEST(ConstantInEpisodes, NamesThem) {
  EXPECT_THAT(ConstantInEpisodes(MadeFrames(4, 3)), testing::ElementsAre("fixed", "constant"));
}

TEST(EvenlySpaced, KeepsTheirOrder) {
  const auto rows = torch::arange(10, torch::kInt64) * 2;
  EXPECT_TRUE(torch::equal(EvenlySpaced(rows, 4), torch::tensor({0, 4, 10, 14}, torch::kInt64)));
  EXPECT_TRUE(torch::equal(EvenlySpaced(rows, 10), rows));
  EXPECT_TRUE(torch::equal(EvenlySpaced(rows, 99), rows));
}

TEST(Windows, LieInsideOrAroundTheWholeFrame) {
  const auto frames = MadeFrames(40, 10);  // 4 x 6 pixels
  EXPECT_TRUE(torch::equal(CentreWindows(frames, 2)[3], torch::tensor({1, 2}, torch::kInt64)));
  auto stream = at::detail::createCPUGenerator(9);
  const auto range = [&](std::int64_t size, int axis) {
    const auto places = RandomWindows(frames, size, stream).select(1, axis);
    return std::pair(places.min().item<std::int64_t>(), places.max().item<std::int64_t>());
  };
  EXPECT_EQ(range(2, 0), (std::pair<std::int64_t, std::int64_t>(0, 2)));
  EXPECT_EQ(range(2, 1), (std::pair<std::int64_t, std::int64_t>(0, 4)));
  EXPECT_EQ(range(4, 0), (std::pair<std::int64_t, std::int64_t>(-4, 4)));
}

}  // namespace
}  // namespace curl_rl::probe
