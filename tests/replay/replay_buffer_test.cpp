// The replay beside a plain twin that stores whole stacks; views, windows, n-step rewards, saving.
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
  return options;
}

// CURL's three views, cut to `size`.
BatchSpec Spec(std::int64_t batch_size, std::int64_t size = 6, bool with_positive = true) {
  BatchSpec spec;
  spec.batch_size = batch_size;
  for (const char* name : {"observation", "next_observation", "positive"}) {
    View view;
    view.name = name;
    view.size = size;
    if (view.name == "next_observation") view.of = ViewOf::kNext;
    if (view.name != "positive" || with_positive) spec.views.push_back(view);
  }
  return spec;
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

// The frame is a map of its own coordinates; a crop's first pixel tells its offset.
std::set<std::pair<int, int>> OffsetsSeen(CropRange crop_range) {
  auto options = SmallOptions();
  options.observation_shape = {10, 10, 1};
  options.frame_stack = 1;
  ReplayBuffer replay(options);
  const auto frame = torch::arange(100).to(torch::kUInt8).view({10, 10, 1});
  replay.BeginEpisode(frame);
  replay.Add(frame, {0.0}, 0.0, false, false);
  std::set<std::pair<int, int>> seen;
  auto spec = Spec(2000);
  for (auto& view : spec.views) view.crop_range = crop_range;
  const auto batch = replay.Sample(spec);
  std::int64_t different = 0;
  for (std::int64_t row = 0; row < 2000; ++row) {
    int first[3] = {};
    int at = 0;
    for (const auto& view : spec.views) {
      first[at] =
          static_cast<int>(std::lround(batch.at(view.name)[row][0][0][0].item<float>() * 255));
      const auto offset = batch.at(view.name + ".offsets")[row];
      EXPECT_EQ(offset[0].item<int>() * 10 + offset[1].item<int>(), first[at]);
      seen.insert({first[at] / 10, first[at] % 10});
      ++at;
    }
    different += first[0] != first[1] && first[1] != first[2] && first[0] != first[2];
  }
  EXPECT_GT(different, 1500);  // three independent crops: 92 % of rows have three different offsets
  return seen;
}

TEST(ReplayBuffer, CropsReachTheLastRowAndColumn) {
  const auto seen = OffsetsSeen(CropRange::kInclusive);
  EXPECT_EQ(seen.size(), 25u);  // 0..4 in both directions
  EXPECT_TRUE(seen.count({4, 4}));
}

TEST(ReplayBuffer, TheReferencesCropsDoNot) {
  const auto seen = OffsetsSeen(CropRange::kReference);
  EXPECT_EQ(seen.size(), 16u);  // 0..3
  EXPECT_FALSE(seen.count({4, 4}));
}

// Every window beside a plain computation on a frame whose pixels are all different.
TEST(ReplayBuffer, WindowsAreCutWhereTheirOffsetsSay) {
  auto options = SmallOptions();
  options.observation_shape = {10, 12, 1};
  options.frame_stack = 1;
  ReplayBuffer replay(options);
  const auto frame = torch::arange(120).to(torch::kUInt8).view({10, 12, 1});
  replay.BeginEpisode(frame);
  replay.Add(frame, {0.0}, 0.0, false, false);
  for (const auto window : {Window::kRandomCrop, Window::kShift, Window::kCentre}) {
    auto spec = Spec(300);
    spec.views.resize(1);
    auto& view = spec.views[0];
    view.window = window;
    view.size = window == Window::kShift ? 10 : 7;
    view.pad = 3;
    const auto batch = replay.Sample(spec);
    const auto pixels = batch.at("observation").mul(255).round().to(torch::kInt64);
    const auto offsets = batch.at("observation.offsets");
    std::set<int> rows;
    for (int b = 0; b < 300; ++b) {
      const int top = offsets[b][0].item<int>(), left = offsets[b][1].item<int>();
      rows.insert(top);
      for (int i = 0; i < view.size; ++i) {
        for (int j = 0; j < view.size; ++j) {
          const int row = std::min(std::max(top + i, 0), 9);
          const int column = std::min(std::max(left + j, 0), 11);
          ASSERT_EQ(pixels[b][0][i][j].item<int>(), row * 12 + column)
              << envs::NameOf(window) << ' ' << top << ' ' << left;
        }
      }
    }
    const std::size_t places = window == Window::kCentre ? 1 : window == Window::kShift ? 7 : 4;
    EXPECT_EQ(rows.size(), places) << envs::NameOf(window);
    EXPECT_EQ(*rows.begin(), window == Window::kShift ? -3 : window == Window::kCentre ? 1 : 0);
  }
}

TEST(ReplayBuffer, AFurtherViewChangesNoOther) {
  ReplayBuffer three(SmallOptions());
  ReplayBuffer five(SmallOptions());
  PlainReplay plain;
  Play(three, plain, 50, 1);
  Play(five, plain, 50, 1);
  auto more = Spec(16, 5);
  for (const char* name : {"small_1", "small_2"}) {
    auto view = more.views[0];
    view.name = name;
    view.size = 3;
    more.views.insert(more.views.begin(), view);  // wherever it stands
  }
  for (int n = 0; n < 3; ++n) {
    const auto a = three.Sample(Spec(16, 5));
    const auto b = five.Sample(more);
    for (const auto& [name, tensor] : a.tensors) {
      EXPECT_TRUE(torch::equal(b.at(name), tensor)) << name;
    }
    EXPECT_FALSE(torch::equal(b.at("small_1.offsets"), b.at("small_2.offsets")));
  }
  // Its stream goes on where it was saved.
  auto saved = five.Save();
  for (auto& [name, tensor] : saved) tensor = tensor.clone();
  ReplayBuffer resumed(SmallOptions());
  resumed.Load(saved);
  EXPECT_TRUE(torch::equal(resumed.Sample(more).at("small_2.offsets"),
                           five.Sample(more).at("small_2.offsets")));
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

TEST(ReplayBuffer, LeavingOutThePositiveChangesNothingElse) {
  ReplayBuffer with(SmallOptions());
  ReplayBuffer without(SmallOptions());
  PlainReplay plain;
  Play(with, plain, 50, 1);
  Play(without, plain, 50, 1);
  for (int n = 0; n < 3; ++n) {
    const auto a = with.Sample(Spec(16, 5));
    const auto b = without.Sample(Spec(16, 5, false));
    for (const auto& [name, tensor] : b.tensors) {
      EXPECT_TRUE(torch::equal(a.at(name), tensor)) << name;
    }
    EXPECT_FALSE(b.has("positive"));
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
  const auto batch = replay.Sample(Spec(1, 6, false));
  EXPECT_TRUE(torch::equal(batch.at("observation"), torch::tensor({{1.0f, 2.0f, 1.0f, 2.0f}})));
  EXPECT_TRUE(
      torch::equal(batch.at("next_observation"), torch::tensor({{1.0f, 2.0f, 3.0f, 4.0f}})));
}

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

TEST(ReplayBuffer, RefusesOptionsAndViewsThatMakeNoSense) {
  auto options = SmallOptions();
  options.frame_stack = 0;
  EXPECT_THROW(ReplayBuffer{options}, std::invalid_argument);
  ReplayBuffer replay(SmallOptions());
  PlainReplay plain;
  Play(replay, plain, 5, 1);
  EXPECT_THROW(replay.Sample(Spec(1, 7)), std::invalid_argument);
  auto spec = Spec(1, 6);
  for (auto& view : spec.views) view.crop_range = CropRange::kReference;  // no offset at all
  EXPECT_THROW(replay.Sample(spec), std::invalid_argument);
  spec.views[0].window = Window::kShift;
  spec.views[0].pad = 0;
  spec.views[0].size = 7;
  EXPECT_THROW(replay.Sample(spec), std::invalid_argument);
}

}  // namespace
}  // namespace curl_rl::replay
