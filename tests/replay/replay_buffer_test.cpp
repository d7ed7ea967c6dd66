#include "replay/replay_buffer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <map>
#include <set>

#include "replay/frame_stack.h"

namespace curl_rl::replay {
namespace {

ReplayOptions SmallOptions() {
  ReplayOptions options;
  options.observation_shape = {6, 6, 1};
  options.capacity = 64;
  options.frame_stack = 3;
  options.crop_size = 6;
  return options;
}

// Every pixel of a frame holds the number of its decision, so that a sampled stack tells which
// frames it is made of.
torch::Tensor Frame(int number) { return torch::full({6, 6, 1}, number % 251, torch::kUInt8); }

std::vector<int> StackOf(const torch::Tensor& observation, std::int64_t row) {
  std::vector<int> stack;
  stack.reserve(static_cast<std::size_t>(observation.size(1)));
  for (std::int64_t k = 0; k < observation.size(1); ++k) {
    stack.push_back(static_cast<int>(std::lround(observation[row][k][0][0].item<float>() * 255)));
  }
  return stack;
}

// The plain twin: a replay that stores whole stacks, as the reference does.
struct PlainTransition {
  std::vector<int> stack, next_stack;
  double action, reward, not_terminal;
};

class PlainReplay {
 public:
  void BeginEpisode(int frame) { stack_.assign(3, frame % 251); }
  void Add(int frame, double action, double reward, bool terminated, std::size_t capacity) {
    PlainTransition transition{stack_, stack_, action, reward, terminated ? 0.0 : 1.0};
    transition.next_stack.erase(transition.next_stack.begin());
    transition.next_stack.push_back(frame % 251);
    stack_ = transition.next_stack;
    transitions_.push_back(transition);
    if (transitions_.size() > capacity) transitions_.pop_front();
  }
  const std::deque<PlainTransition>& transitions() const { return transitions_; }

 private:
  std::vector<int> stack_;
  std::deque<PlainTransition> transitions_;
};

// Plays `decisions` decisions with episodes of 3 to 40 decisions into both; the reward is the
// decision's number, so that a sampled row can be looked up in the plain replay.
void Play(ReplayBuffer& replay, PlainReplay& plain, int decisions, std::uint64_t seed) {
  torch::manual_seed(seed);
  int frame = 0;
  int left = 0;
  for (int n = 0; n < decisions; ++n) {
    if (left == 0) {
      left = 3 + torch::randint(38, {1}).item<int>();
      replay.BeginEpisode(Frame(frame));
      plain.BeginEpisode(frame);
      ++frame;
    }
    --left;
    const bool terminated = left == 0 && n % 2 == 0;
    const bool truncated = left == 0 && !terminated;
    const double action = std::sin(n);
    replay.Add(Frame(frame), {action}, n, terminated, truncated);
    plain.Add(frame, action, n, terminated, 64);
    ++frame;
  }
}

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
    const auto batch = replay.Sample(400);
    for (std::int64_t row = 0; row < 400; ++row) {
      const auto found = by_reward.find(batch.reward[row].item<double>());
      ASSERT_NE(found, by_reward.end()) << "a transition that was overwritten";
      const auto& expected = found->second;
      EXPECT_EQ(StackOf(batch.observation, row), expected.stack);
      EXPECT_EQ(StackOf(batch.next_observation, row), expected.next_stack);
      EXPECT_EQ(StackOf(batch.positive, row), expected.stack);
      EXPECT_FLOAT_EQ(batch.action[row].item<float>(), static_cast<float>(expected.action));
      EXPECT_EQ(batch.not_terminal[row].item<double>(), expected.not_terminal);
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
    const auto expected = fresh.Sample(8);
    reusing.SampleInto(8, /*with_positive=*/true, batch);
    EXPECT_TRUE(torch::equal(batch.observation, expected.observation));
    EXPECT_TRUE(torch::equal(batch.next_observation, expected.next_observation));
    EXPECT_TRUE(torch::equal(batch.positive, expected.positive));
    EXPECT_TRUE(torch::equal(batch.action, expected.action));
    EXPECT_TRUE(torch::equal(batch.reward, expected.reward));
    EXPECT_TRUE(torch::equal(batch.not_terminal, expected.not_terminal));
    if (n > 0) {
      EXPECT_EQ(batch.observation.data_ptr(), place);
    }
    place = batch.observation.data_ptr();
  }
  reusing.SampleInto(5, /*with_positive=*/false, batch);
  EXPECT_EQ(batch.observation.size(0), 5);
  EXPECT_EQ(batch.reward.size(0), 5);
  EXPECT_FALSE(batch.positive.defined());
}

TEST(ReplayBuffer, NewestStackIsWhatAnAgentThatWatchesSees) {
  for (const std::vector<std::int64_t>& shape :
       {std::vector<std::int64_t>{6, 6, 1}, std::vector<std::int64_t>{6, 5, 3}, {4}}) {
    auto options = SmallOptions();
    options.observation_shape = shape;
    options.crop_size = 5;
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
  const auto rewards = replay.Sample(50'000).reward;
  for (std::int64_t i = 0; i < rewards.size(0); ++i) ++counts[rewards[i].item<double>()];
  ASSERT_EQ(counts.size(), 50u);
  // 1000 expected each, standard deviation 31.3: five of them.
  for (const auto& [reward, count] : counts) EXPECT_NEAR(count, 1000, 160) << reward;
}

// The frame is a map of its own coordinates; a crop's first pixel tells its offset.
std::set<std::pair<int, int>> OffsetsSeen(const std::string& crop_range) {
  auto options = SmallOptions();
  options.observation_shape = {10, 10, 1};
  options.crop_size = 6;
  options.crop_range = crop_range;
  options.frame_stack = 1;
  ReplayBuffer replay(options);
  const auto frame = torch::arange(100).to(torch::kUInt8).view({10, 10, 1});
  replay.BeginEpisode(frame);
  replay.Add(frame, {0.0}, 0.0, false, false);
  std::set<std::pair<int, int>> seen;
  const auto batch = replay.Sample(2000);
  std::int64_t different = 0;
  for (std::int64_t row = 0; row < 2000; ++row) {
    int first[3];
    const torch::Tensor* views[] = {&batch.observation, &batch.next_observation, &batch.positive};
    for (int view = 0; view < 3; ++view) {
      const auto& image = *views[view];
      first[view] = static_cast<int>(std::lround(image[row][0][0][0].item<float>() * 255));
      seen.insert({first[view] / 10, first[view] % 10});
    }
    different += first[0] != first[1] && first[1] != first[2] && first[0] != first[2];
  }
  EXPECT_GT(different, 1500);  // three independent crops: 92 % of rows have three different offsets
  return seen;
}

TEST(ReplayBuffer, CropsReachTheLastRowAndColumn) {
  const auto seen = OffsetsSeen("inclusive");
  EXPECT_EQ(seen.size(), 25u);  // 0..4 in both directions
  EXPECT_TRUE(seen.count({4, 4}));
}

TEST(ReplayBuffer, TheReferencesCropsDoNot) {
  const auto seen = OffsetsSeen("reference");
  EXPECT_EQ(seen.size(), 16u);  // 0..3
  EXPECT_FALSE(seen.count({4, 4}));
}

TEST(ReplayBuffer, LeavingOutThePositiveChangesNothingElse) {
  ReplayBuffer with(SmallOptions());
  ReplayBuffer without(SmallOptions());
  PlainReplay plain;
  Play(with, plain, 50, 1);
  Play(without, plain, 50, 1);
  for (int n = 0; n < 3; ++n) {
    const auto a = with.Sample(16, true);
    const auto b = without.Sample(16, false);
    EXPECT_TRUE(torch::equal(a.observation, b.observation));
    EXPECT_TRUE(torch::equal(a.next_observation, b.next_observation));
    EXPECT_TRUE(torch::equal(a.reward, b.reward));
    EXPECT_FALSE(b.positive.defined());
  }
}

TEST(ReplayBuffer, StateVectorsAreStackedToo) {
  ReplayOptions options;
  options.observation_shape = {2};
  options.capacity = 10;
  options.frame_stack = 2;
  ReplayBuffer replay(options);
  replay.BeginEpisode(torch::tensor({1.0f, 2.0f}));
  replay.Add(torch::tensor({3.0f, 4.0f}), {0.5}, 1.0, false, false);
  const auto batch = replay.Sample(1);
  EXPECT_TRUE(torch::equal(batch.observation, torch::tensor({{1.0f, 2.0f, 1.0f, 2.0f}})));
  EXPECT_TRUE(torch::equal(batch.next_observation, torch::tensor({{1.0f, 2.0f, 3.0f, 4.0f}})));
}

TEST(ReplayBuffer, GoesOnWhereItWasSaved) {
  ReplayBuffer replay(SmallOptions());
  PlainReplay plain;
  Play(replay, plain, 150, 1);
  replay.Sample(8);
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
    const auto a = replay.Sample(8);
    const auto b = other.Sample(8);
    ASSERT_TRUE(torch::equal(a.observation, b.observation));
    ASSERT_TRUE(torch::equal(a.reward, b.reward));
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
  EXPECT_THROW(replay.Sample(1), std::logic_error);
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
  options.crop_size = 7;
  EXPECT_THROW(ReplayBuffer{options}, std::invalid_argument);
  options = SmallOptions();
  options.crop_range = "reference";  // 6 of 6 pixels: no offset at all
  EXPECT_THROW(ReplayBuffer{options}, std::invalid_argument);
  options = SmallOptions();
  options.frame_stack = 0;
  EXPECT_THROW(ReplayBuffer{options}, std::invalid_argument);
}

}  // namespace
}  // namespace curl_rl::replay
