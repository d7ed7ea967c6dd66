// What is drawn is what was stored: beside a plain twin that stores whole stacks.
#include "replay/replay_buffer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <map>

#include "replay/frame_stack.h"
#include "tests/replay/small_replay.h"

namespace curl_rl::replay {
namespace {

TEST(ReplayBuffer, StacksNextStacksAndRecordsAreThoseOfAReplayOfWholeStacks) {
  for (const int decisions : {1, 5, 40, 64, 65, 200, 1000}) {
    ReplayBuffer replay(SmallOptions());
    PlainReplay plain;
    Play(replay, plain, decisions, 3);
    std::map<double, PlainTransition> by_reward;
    for (const auto& transition : plain.transitions()) by_reward[transition.reward] = transition;
    // Episodes of 21 decisions on the mean are shorter than the 32 that the spare slots are made
    // for: the oldest few transitions may be gone, none may be wrong.
    EXPECT_LE(replay.size(), static_cast<std::int64_t>(plain.transitions().size()));
    EXPECT_GE(replay.size(), static_cast<std::int64_t>(plain.transitions().size()) * 9 / 10);
    const auto batch = replay.Sample(Spec(400));
    for (std::int64_t row = 0; row < 400; ++row) {
      const auto found = by_reward.find(batch.at("reward")[row].item<double>());
      ASSERT_NE(found, by_reward.end()) << "a transition that was overwritten";
      const auto& expected = found->second;
      EXPECT_EQ(StackOf(batch.at("observation"), row), expected.stack);
      EXPECT_EQ(StackOf(batch.at("next_observation"), row), expected.next_stack);
      EXPECT_EQ(StackOf(batch.at("positive"), row), expected.stack);
      EXPECT_FLOAT_EQ(batch.at("action")[row].item<float>(), static_cast<float>(expected.action));
      EXPECT_FLOAT_EQ(batch.at("bootstrap")[row].item<float>(),
                      static_cast<float>(0.99 * expected.not_terminal));
    }
  }
}

// What is drawn into used memory is what is drawn into new, and the memory stays where it is.
TEST(ReplayBuffer, SamplesIntoTheSameMemory) {
  ReplayBuffer fresh(SmallOptions());
  ReplayBuffer reusing(SmallOptions());
  PlainReplay plain;
  Play(fresh, plain, 50, 1);
  Play(reusing, plain, 50, 1);
  Batch batch;
  const void* place = nullptr;
  for (int n = 0; n < 3; ++n) {
    const auto expected = fresh.Sample(Spec(8));
    reusing.SampleInto(Spec(8), batch);
    ASSERT_EQ(batch.tensors.size(), expected.tensors.size());
    for (const auto& [name, tensor] : expected.tensors) {
      EXPECT_TRUE(torch::equal(batch.at(name), tensor)) << name;
    }
    if (n > 0) {
      EXPECT_EQ(batch.at("observation").data_ptr(), place);
    }
    place = batch.at("observation").data_ptr();
  }
  reusing.SampleInto(Spec(5, 6, /*with_positive=*/false), batch);
  EXPECT_EQ(batch.at("observation").size(0), 5);
  EXPECT_EQ(batch.at("reward").size(0), 5);
  EXPECT_FALSE(batch.has("positive"));
  EXPECT_FALSE(batch.has("positive.offsets"));
}

TEST(ReplayBuffer, NewestStackIsWhatAnAgentThatWatchesSees) {
  for (const std::vector<std::int64_t>& shape :
       {std::vector<std::int64_t>{6, 6, 1}, std::vector<std::int64_t>{6, 5, 3}, {4}}) {
    auto options = SmallOptions();
    options.observation_shape = shape;
    options.capacity = 8;  // is written over several times
    ReplayBuffer replay(options);
    EXPECT_THROW(replay.NewestStack(), std::logic_error);
    FrameStack stack(options.frame_stack);
    for (int n = 0; n < 60; ++n) {
      const auto observation =
          options.pixels() ? torch::randint(256, shape, torch::kUInt8) : torch::randn(shape);
      if (n % 7 == 0) {
        replay.BeginEpisode(observation);
        stack.Reset(observation);
      } else {
        replay.Add(observation, {0.0}, 0.0, false, /*truncated=*/n % 7 == 6);
        stack.Push(observation);
      }
      if (n % 7 < 6) {
        EXPECT_TRUE(torch::equal(replay.NewestStack(), stack.Get())) << n;
      }
    }
    EXPECT_NO_THROW(replay.NewestStack());
  }
}

TEST(ReplayBuffer, KeepsItsCapacityForEpisodesOf32DecisionsAndMore) {
  auto options = SmallOptions();
  options.capacity = 1000;
  ReplayBuffer replay(options);
  for (int n = 0; n < 5000; ++n) {
    if (n % 32 == 0) replay.BeginEpisode(Frame(n));
    replay.Add(Frame(n), {0.0}, n, false, n % 32 == 31);
  }
  EXPECT_EQ(replay.size(), 1000);
}

TEST(ReplayBuffer, DrawsUniformlyWithReplacement) {
  ReplayBuffer replay(SmallOptions());
  PlainReplay plain;
  Play(replay, plain, 50, 1);
  std::map<double, int> counts;
  const auto rewards = replay.Sample(Spec(50'000)).at("reward");
  for (std::int64_t i = 0; i < rewards.size(0); ++i) ++counts[rewards[i].item<double>()];
  ASSERT_EQ(counts.size(), 50u);
  // 1000 expected each, standard deviation 31.3: five of them.
  for (const auto& [reward, count] : counts) EXPECT_NEAR(count, 1000, 160) << reward;
}

// n-step rewards beside a plain loop over the transitions of random episodes.
TEST(ReplayBuffer, NStepRewardsStopAtEpisodeEndsAndAtTheNewestTransition) {
  struct Step {
    double reward;
    bool terminated, last;
    int next_frame;
  };
  for (const int decisions : {1, 2, 7, 60, 300}) {
    ReplayBuffer replay(SmallOptions());
    std::vector<Step> steps;
    torch::manual_seed(decisions);
    int frame = 0, left = 0;
    for (int n = 0; n < decisions; ++n) {
      if (left == 0) {
        left = 1 + torch::randint(12, {1}).item<int>();
        replay.BeginEpisode(Frame(frame++));
      }
      --left;
      const bool terminated = left == 0 && n % 3 == 0;
      replay.Add(Frame(frame), {0.0}, 0.1 * n, terminated, left == 0 && !terminated);
      steps.push_back({0.1 * n, terminated, left == 0, frame % 251});
      ++frame;
    }
    const auto has_whole_window = [&](std::int64_t n_step) {
      for (std::size_t first = 0; first + n_step <= steps.size(); ++first) {
        bool whole = true;
        for (std::int64_t k = 0; k + 1 < n_step; ++k) whole &= !steps[first + k].last;
        if (whole) return true;
      }
      return false;
    };
    // The second of each pair as DrQ-v2: a window is whole, the end of a task is none.
    for (const auto& [n_step, as_drqv2] : std::vector<std::pair<std::int64_t, bool>>{
             {1, false}, {3, false}, {5, false}, {1, true}, {3, true}, {5, true}}) {
      auto spec = Spec(200);
      spec.n_step = n_step;
      spec.whole_windows = spec.bootstrap_terminal = as_drqv2;
      if (as_drqv2 && !has_whole_window(n_step)) {
        EXPECT_THROW(replay.Sample(spec), std::logic_error);
        continue;
      }
      const auto batch = replay.Sample(spec);
      for (std::int64_t b = 0; b < 200; ++b) {
        const auto first = batch.at("transition")[b].item<std::int64_t>();
        double reward = 0.0, factor = 1.0;
        std::int64_t at = first;
        for (std::int64_t k = 0; k < n_step; ++k, ++at) {
          const auto& step = steps.at(static_cast<std::size_t>(at));
          reward += factor * step.reward;
          factor *= step.terminated && !spec.bootstrap_terminal ? 0.0 : 0.99;
          if (k + 1 == n_step) break;
          if (step.last || at + 1 == decisions) {
            EXPECT_FALSE(spec.whole_windows) << first;
            break;
          }
        }
        EXPECT_NEAR(batch.at("reward")[b].item<double>(), reward, 1e-4);
        EXPECT_NEAR(batch.at("bootstrap")[b].item<double>(), factor, 1e-6);
        EXPECT_EQ(StackOf(batch.at("next_observation"), b).back(),
                  steps.at(static_cast<std::size_t>(at)).next_frame);
      }
    }
  }
}

TEST(ReplayBuffer, ReadsGivenTransitionsInTheirOrderAndDrawsNothing) {
  ReplayBuffer replay(SmallOptions());
  ReplayBuffer undisturbed(SmallOptions());
  PlainReplay plain;
  Play(replay, plain, 200, 1);
  Play(undisturbed, plain, 200, 1);
  const auto all = torch::arange(replay.begin(), replay.end());
  const auto batch = replay.Read(all, Spec(1, 5));
  ASSERT_EQ(batch.size(), replay.size());
  EXPECT_TRUE(torch::equal(batch.at("transition"), all));
  for (std::int64_t i = 0; i < replay.size(); ++i) {
    EXPECT_EQ(batch.at("reward")[i].item<double>(), static_cast<double>(replay.begin() + i));
  }
  EXPECT_TRUE(torch::equal(replay.Sample(Spec(8)).at("observation"),
                           undisturbed.Sample(Spec(8)).at("observation")));
  EXPECT_THROW(replay.Read(torch::tensor({replay.end()}), Spec(1)), std::invalid_argument);
}

TEST(ReplayBuffer, StateVectorsAreStackedToo) {
  ReplayOptions options;
  options.observation_shape = {2};
  options.capacity = 10;
  options.frame_stack = 2;
  ReplayBuffer replay(options);
  replay.BeginEpisode(torch::tensor({1.0f, 2.0f}));
  replay.Add(torch::tensor({3.0f, 4.0f}), {0.5}, 1.0, false, false);
  const auto batch = replay.Sample(Spec(1, 6, false));
  EXPECT_TRUE(torch::equal(batch.at("observation"), torch::tensor({{1.0f, 2.0f, 1.0f, 2.0f}})));
  EXPECT_TRUE(
      torch::equal(batch.at("next_observation"), torch::tensor({{1.0f, 2.0f, 3.0f, 4.0f}})));
}

}  // namespace
}  // namespace curl_rl::replay
