// Views: windows beside a plain computation, crop ranges, and streams that do not meet.
#include "replay/view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>

#include "tests/replay/small_replay.h"

namespace curl_rl::replay {
namespace {

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

TEST(ViewTest, CropsReachTheLastRowAndColumn) {
  const auto seen = OffsetsSeen(CropRange::kInclusive);
  EXPECT_EQ(seen.size(), 25u);  // 0..4 in both directions
  EXPECT_TRUE(seen.count({4, 4}));
}

TEST(ViewTest, TheReferencesCropsDoNot) {
  const auto seen = OffsetsSeen(CropRange::kReference);
  EXPECT_EQ(seen.size(), 16u);  // 0..3
  EXPECT_FALSE(seen.count({4, 4}));
}

// Every window beside a plain computation on a frame whose pixels are all different.
TEST(ViewTest, WindowsAreCutWhereTheirOffsetsSay) {
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

TEST(ViewTest, AFurtherViewChangesNoOther) {
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

TEST(ViewTest, LeavingOutThePositiveChangesNothingElse) {
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

TEST(ViewTest, RefusesViewsThatMakeNoSense) {
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
