// A replay with compressed frames beside one with raw ones: the same, bit for bit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <torch/utils.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "replay/memory.h"
#include "tests/replay/small_replay.h"

namespace curl_rl::replay {
namespace {

ReplayOptions OptionsWith(FrameStorage frames) {
  ReplayOptions options;
  options.observation_shape = {14, 12, 3};
  options.action_size = 2;
  options.capacity = 90;
  options.frames = frames;
  return options;
}

// A texture that stays, a block that moves; every seventh frame is noise.
torch::Tensor MovingFrame(int number) {
  if (number % 7 == 3) return torch::randint(256, {14, 12, 3}, torch::kUInt8);
  auto frame = torch::arange(14 * 12 * 3).mul(37).remainder(97).to(torch::kUInt8).view({14, 12, 3});
  frame.narrow(0, number % 10, 4).narrow(1, number % 8, 4).fill_(200 + number % 50);
  return frame;
}

// The same decisions for both, in episodes of 1 to 30.
class BothReplays {
 public:
  void Play(int decisions) {
    for (int n = 0; n < decisions; ++n, ++decision_) {
      if (left_ == 0) {
        left_ = 1 + torch::randint(30, {1}).item<int>();
        const auto frame = MovingFrame(++frame_);
        raw.BeginEpisode(frame);
        compressed.BeginEpisode(frame);
      }
      --left_;
      const auto frame = MovingFrame(++frame_);
      const std::vector<double> action = {std::sin(decision_), 0.5};
      const bool end = left_ == 0, terminated = end && decision_ % 2 == 0;
      for (auto* replay : {&raw, &compressed}) {
        replay->Add(frame, action, decision_, terminated, end && !terminated);
      }
    }
  }

  ReplayBuffer raw{OptionsWith(FrameStorage::kRaw)};
  ReplayBuffer compressed{OptionsWith(FrameStorage::kCompressed)};

 private:
  int left_ = 0, frame_ = 0, decision_ = 0;
};

void ExpectSame(const Batch& a, const Batch& b) {
  ASSERT_EQ(a.tensors.size(), b.tensors.size());
  for (const auto& [name, tensor] : a.tensors) {
    ASSERT_TRUE(b.has(name)) << name;
    ASSERT_EQ(tensor.sizes(), b.at(name).sizes()) << name;
    ASSERT_EQ(tensor.strides(), b.at(name).strides()) << name;
    ASSERT_TRUE(torch::equal(tensor, b.at(name))) << name;
  }
}

int Draw(int from, int to) { return torch::randint(from, to + 1, {1}).item<int>(); }

// Any number of views of any kind.
BatchSpec RandomSpec() {
  BatchSpec spec;
  spec.batch_size = Draw(1, 40);
  spec.n_step = Draw(1, 5);
  spec.bootstrap_terminal = Draw(0, 1) == 1;
  spec.horizon = Draw(0, 1) * Draw(1, 4);
  spec.dtype = Draw(0, 1) == 0 ? torch::kFloat32 : torch::kBFloat16;
  const char* names[] = {"observation", "next_observation", "positive", "further", "later"};
  for (const char* name : names) {
    if (Draw(0, 3) == 0) continue;
    View view;
    view.name = name;
    view.of = static_cast<ViewOf>(Draw(0, 2));
    view.window = static_cast<Window>(Draw(0, 3));
    view.pad = Draw(0, 3);
    view.size = Draw(1, 12);
    view.crop_range =
        view.size < 12 && Draw(0, 1) == 1 ? CropRange::kReference : CropRange::kInclusive;
    view.ahead = Draw(1, 6);
    // A whole view is square: of frames that are not, no method asks for one.
    if (view.window == Window::kWhole) view.window = Window::kShift;
    spec.views.push_back(view);
  }
  return spec;
}

TEST(CompressedReplay, GivesTheSameBatchesOverRandomEpisodesAndViews) {
  const int threads = at::get_num_threads();
  for (const int used : {1, 2}) {
    at::set_num_threads(used);
    torch::manual_seed(static_cast<std::uint64_t>(used));
    BothReplays both;
    for (int round = 0; round < 60; ++round) {
      both.Play(Draw(1, 25));  // the ring goes round several times
      ASSERT_EQ(both.raw.begin(), both.compressed.begin());
      auto spec = RandomSpec();
      Batch a, b;  // whose memory the second draw uses again
      for (int again = 0; again < 2; ++again) {
        both.raw.SampleInto(spec, a);
        both.compressed.SampleInto(spec, b);
        ExpectSame(a, b);
      }
      const auto all = torch::randperm(both.raw.size()).add(both.raw.begin());
      ExpectSame(both.raw.Read(all, spec), both.compressed.Read(all, spec));
      const auto first = both.raw.oldest_needed_id(), next = both.raw.next_id();
      ASSERT_TRUE(torch::equal(both.raw.Observations(first, next),
                               both.compressed.Observations(first, next)));
    }
  }
  at::set_num_threads(threads);
}

TEST(CompressedReplay, ShowsTheSameNewestStack) {
  BothReplays both;
  int shown = 0;
  for (int n = 0; n < 100; ++n) {
    both.Play(1);
    try {
      const auto stack = both.raw.NewestStack();
      const auto other = both.compressed.NewestStack();
      ASSERT_TRUE(torch::equal(stack, other));
      ASSERT_EQ(stack.strides(), other.strides());
      ++shown;
    } catch (const std::logic_error&) {  // between episodes
      EXPECT_THROW(both.compressed.NewestStack(), std::logic_error);
    }
  }
  EXPECT_GT(shown, 50);
}

// Memory that no method asks for, and a type: by another way.
TEST(CompressedReplay, WritesIntoMemoryOfAnyOrder) {
  BothReplays both;
  both.Play(50);
  auto spec = Spec(4, 8);
  Batch a, b;
  for (auto* batch : {&a, &b}) batch->tensors["observation"] = torch::empty({4, 9, 8, 8});
  both.raw.SampleInto(spec, a);
  both.compressed.SampleInto(spec, b);
  ExpectSame(a, b);
  spec.dtype = torch::kFloat64;
  ExpectSame(both.raw.Sample(spec), both.compressed.Sample(spec));
}

// What one saved the other takes up, and goes on as that one does.
TEST(CompressedReplay, SavedStatesAreTheSame) {
  BothReplays both;
  both.Play(250);
  both.raw.Sample(Spec(8, 10));
  both.compressed.Sample(Spec(8, 10));
  const auto saved = both.raw.Save(), other = both.compressed.Save();
  ASSERT_EQ(saved.size(), other.size());
  for (const auto& [name, tensor] : saved)
    EXPECT_TRUE(torch::equal(tensor, other.at(name))) << name;
  const auto first = both.raw.first_id(), next = both.raw.next_id();
  for (const auto storage : {FrameStorage::kRaw, FrameStorage::kCompressed}) {
    const auto& from = storage == FrameStorage::kRaw ? both.compressed : both.raw;
    ReplayBuffer resumed(OptionsWith(storage));
    resumed.Load(from.Save());
    resumed.SetObservations(first, from.Observations(first, first + 30));
    resumed.SetObservations(first + 30, from.Observations(first + 30, next));
    BothReplays reference;  // draws as the saved ones would next
    reference.raw.Load(from.Save());
    reference.raw.SetObservations(first, from.Observations(first, next));
    for (int n = 0; n < 3; ++n) {
      ExpectSame(reference.raw.Sample(Spec(30, 10)), resumed.Sample(Spec(30, 10)));
    }
  }
}

TEST(CompressedReplay, RefusesWhatIsNoFrameOnTheHost) {
  const auto message = [](const ReplayOptions& options) -> std::string {
    try {
      ReplayBuffer replay(options);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "accepted";
  };
  auto options = OptionsWith(FrameStorage::kCompressed);
  options.device = torch::Device(torch::kCUDA, 0);
  EXPECT_THAT(message(options), testing::AllOf(testing::HasSubstr("replay_frames"),
                                               testing::HasSubstr("cuda:0: raw, auto")));
  options = OptionsWith(FrameStorage::kCompressed);
  options.observation_shape = {5};
  EXPECT_THAT(message(options), testing::HasSubstr("state vectors: raw, auto"));
  options.observation_shape = {0, 4, 3};
  EXPECT_THAT(message(options), testing::HasSubstr("every size must be at least 1"));
}

TEST(CompressedReplay, AutoCompressesWhatDoesNotFit) {
  auto options = OptionsWith(FrameStorage::kAuto);
  EXPECT_EQ(StorageOf(options), FrameStorage::kRaw);
  EXPECT_EQ(ReplayBuffer(options).options().frames, FrameStorage::kRaw);
  options.observation_shape = {1000, 1000, 3};
  // Twice what there is.
  options.capacity = std::max<std::int64_t>(100, AvailableBytes(torch::kCPU) / 1'500'000);
  EXPECT_EQ(StorageOf(options), FrameStorage::kCompressed);
  const ReplayBuffer replay(options);  // a third of it fits
  EXPECT_EQ(replay.options().frames, FrameStorage::kCompressed);
  EXPECT_EQ(replay.bytes_when_full(), ReplayBytes(replay.options()));
  EXPECT_LT(replay.bytes_now(), replay.bytes_when_full() / 100);
  options.device = torch::Device(torch::kCUDA, 0);
  EXPECT_EQ(StorageOf(options), FrameStorage::kRaw);
  options.device = torch::kCPU;
  options.observation_shape = {3'000'000};
  EXPECT_EQ(StorageOf(options), FrameStorage::kRaw);  // of state vectors nothing is compressed
}

// Raw frames that do not fit: what would.
TEST(CompressedReplay, IsProposedWhereRawFramesDoNotFit) {
  auto options = OptionsWith(FrameStorage::kRaw);
  options.observation_shape = {1000, 1000, 3};
  options.capacity = 10'000'000;
  try {
    const ReplayBuffer replay(options);
    FAIL() << "30 TB were accepted";
  } catch (const OutOfMemory& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("set replay_frames to compressed"));
    EXPECT_THAT(error.what(), testing::HasSubstr("about 10.31 TB"));
  }
}

// Frames of noise do not pack. The process may have 400 MB more: the replay says so and stops while
// 256 of them are left.
TEST(CompressedReplayDeathTest, StopsWithTheNumbersBeforeMemoryRunsOut) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto fill = [] {
    auto options = OptionsWith(FrameStorage::kCompressed);
    options.observation_shape = {400, 400, 3};
    options.capacity = 3000;  // 1.5 GB raw, 0.5 GB as estimated
    ReplayBuffer replay(options);
    const auto noise = [] { return torch::randint(256, {400, 400, 3}, torch::kUInt8); };
    rlimit limit{};
    getrlimit(RLIMIT_AS, &limit);
    std::FILE* statm = std::fopen("/proc/self/statm", "r");
    long pages = 0;
    if (statm == nullptr || std::fscanf(statm, "%ld", &pages) != 1) std::exit(3);
    limit.rlim_cur = static_cast<rlim_t>(pages) * 4096 + 400'000'000;
    setrlimit(RLIMIT_AS, &limit);
    replay.BeginEpisode(noise());
    try {
      for (int n = 0; n < 3000; ++n) replay.Add(noise(), {0.1, 0.2}, 0.0, false, false);
    } catch (const OutOfMemory& error) {
      const auto batch = replay.Sample(Spec(4, 84));  // what is stored is still there
      std::fprintf(stderr, "%s; size %d, drawn %d\n", error.what(), static_cast<int>(replay.size()),
                   static_cast<int>(batch.size()));
      std::exit(7);
    }
    std::exit(0);
  };
  EXPECT_EXIT(
      fill(), testing::ExitedWithCode(7),
      "replay_frames: [0-9]+ compressed frames take [0-9.]+ MB and all [0-9]+ would take "
      "1[.][0-9]+ GB, but only [0-9.]+ MB of memory are left .*; size [1-9][0-9]+, drawn 4");
}

}  // namespace
}  // namespace curl_rl::replay
