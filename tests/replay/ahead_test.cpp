// What follows a drawn transition: views some decisions ahead, actions and rewards one by one.
#include <gtest/gtest.h>

#include <cmath>

#include "replay/replay_buffer.h"

namespace curl_rl::replay {
namespace {

constexpr std::int64_t kLength = 5;      // decisions of an episode
constexpr std::int64_t kDecisions = 18;  // the last episode is not over: 3 of its 5

// A frame's pixels hold its number: an episode of 5 decisions has 6 frames.
torch::Tensor Frame(std::int64_t number) { return torch::full({6, 6, 1}, number, torch::kUInt8); }
double Action(std::int64_t decision) { return std::sin(static_cast<double>(decision)); }

class Ahead : public testing::Test {
 protected:
  Ahead() : replay_(Options()) { Play(replay_); }

  static void Play(ReplayBuffer& replay) {
    std::int64_t frame = 0;
    for (std::int64_t n = 0; n < kDecisions; ++n) {
      if (n % kLength == 0) replay.BeginEpisode(Frame(frame++));
      replay.Add(Frame(frame++), {Action(n)}, static_cast<double>(n), /*terminated=*/false,
                 /*truncated=*/n % kLength == kLength - 1);
    }
  }

  static ReplayOptions Options() {
    ReplayOptions options;
    options.observation_shape = {6, 6, 1};
    options.capacity = 64;
    options.frame_stack = 3;
    return options;
  }

  static BatchSpec Spec(std::int64_t ahead, std::int64_t horizon) {
    BatchSpec spec;
    spec.batch_size = 200;
    spec.horizon = horizon;
    View observation;
    observation.name = "observation";
    observation.size = 6;
    View later = observation;
    later.name = "later";
    later.of = ViewOf::kAhead;
    later.ahead = ahead;
    spec.views = {observation, later};
    return spec;
  }

  // Decisions from `transition` on in its episode.
  static std::int64_t Left(std::int64_t transition) {
    return std::min(kLength - transition % kLength, kDecisions - transition);
  }

  static int Pixel(const torch::Tensor& view, std::int64_t row, std::int64_t frame) {
    return static_cast<int>(std::lround(view[row][frame][0][0].item<float>() * 255));
  }

  ReplayBuffer replay_;
};

TEST_F(Ahead, AViewShowsTheStackSoManyDecisionsOnButNoOtherEpisode) {
  for (const std::int64_t ahead : {1, 3, 9}) {
    const auto batch = replay_.Sample(Spec(ahead, 0));
    EXPECT_FALSE(batch.has("horizon.action"));
    for (std::int64_t row = 0; row < batch.size(); ++row) {
      const auto transition = batch.at("transition")[row].item<std::int64_t>();
      const auto steps = std::min(ahead, Left(transition));
      EXPECT_EQ(batch.at("later.ahead")[row].item<std::int64_t>(), steps);
      const auto episode = transition / kLength;
      const auto first = episode * (kLength + 1);
      const auto newest = first + transition % kLength;
      for (std::int64_t k = 0; k < 3; ++k) {
        EXPECT_EQ(Pixel(batch.at("observation"), row, k), std::max(first, newest - 2 + k));
        EXPECT_EQ(Pixel(batch.at("later"), row, k), std::max(first, newest + steps - 2 + k));
      }
    }
  }
}

TEST_F(Ahead, ActionsAndRewardsComeOneByOneAndZerosBehindThem) {
  constexpr std::int64_t kHorizon = 4;
  const auto batch = replay_.Sample(Spec(1, kHorizon));
  ASSERT_EQ(batch.at("horizon.action").sizes(), (std::vector<std::int64_t>{200, kHorizon, 1}));
  ASSERT_EQ(batch.at("horizon.reward").sizes(), (std::vector<std::int64_t>{200, kHorizon}));
  for (std::int64_t row = 0; row < batch.size(); ++row) {
    const auto transition = batch.at("transition")[row].item<std::int64_t>();
    const auto steps = std::min(kHorizon, Left(transition));
    EXPECT_EQ(batch.at("horizon.steps")[row].item<std::int64_t>(), steps);
    for (std::int64_t step = 0; step < kHorizon; ++step) {
      const auto at = transition + step;
      const bool there = step < steps;
      EXPECT_EQ(batch.at("horizon.reward")[row][step].item<float>(),
                there ? static_cast<float>(at) : 0.0F);
      EXPECT_EQ(batch.at("horizon.action")[row][step][0].item<float>(),
                there ? static_cast<float>(Action(at)) : 0.0F);
    }
  }
}

// Asking for what follows changes nothing of what was asked for before.
TEST_F(Ahead, TheOtherTensorsStayWhatTheyAre) {
  ReplayBuffer other(Options());
  Play(other);
  auto spec = Spec(3, 4);
  const auto more = replay_.Sample(spec);
  spec.views.resize(1);
  spec.horizon = 0;
  const auto less = other.Sample(spec);
  for (const auto& [name, tensor] : less.tensors) {
    EXPECT_TRUE(torch::equal(tensor, more.at(name))) << name;
  }
}

TEST_F(Ahead, EachRowKnowsHowOldItsEpisodeWas) {
  const auto batch = replay_.Sample(Spec(1, 0));
  EXPECT_TRUE(torch::equal(batch.at("episode_step"), batch.at("transition").remainder(kLength)));
}

// Replays of earlier versions kept no more of an episode's length than a stack needs.
TEST_F(Ahead, AnOlderReplaysEpisodesAreCountedAnew) {
  auto saved = replay_.Save();
  saved["history"] = saved.at("history").clamp_max(2);
  saved["counters"] = saved.at("counters").clone();
  saved["counters"][1] = 2;  // the running episode's, of 3
  ReplayBuffer resumed(Options());
  resumed.Load(saved);
  const auto now = resumed.Save(), before = replay_.Save();
  EXPECT_TRUE(torch::equal(now.at("history"), before.at("history")));
  EXPECT_TRUE(torch::equal(now.at("counters"), before.at("counters")));
}

}  // namespace
}  // namespace curl_rl::replay
