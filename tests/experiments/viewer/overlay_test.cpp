// The text over the picture in the viewer, and the inset of what the agent sees.
#include "experiments/viewer/overlay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "experiments/viewer/painter.h"

namespace curl_rl::viewer {
namespace {

PlayState SomeState() {
  PlayState play;
  play.task = "walker_walk";
  play.policy = "checkpoint 50000";
  play.seed = 7;
  play.episode = 2;
  play.step = 123;
  play.time = 3.075;
  play.reward = 0.25;
  play.episode_return = 61.5;
  play.action = {0.5, -1.0};
  return play;
}

std::string Value(const TextTable& table, const std::string& name) {
  for (const auto& [left, right] : table) {
    if (left == name) return right;
  }
  return "none";
}

TEST(Overlay, TellsEverything) {
  PlayState play = SomeState();
  play.opinion = experiments::Opinion{1.5, 2.25, -0.5, {}, {}};
  const auto table = OverlayLines(play, {"0, side", 59.7, "written"});
  EXPECT_EQ(Value(table, "Task"), "walker_walk");
  EXPECT_EQ(Value(table, "Policy"), "checkpoint 50000");
  EXPECT_EQ(Value(table, "Seed"), "7, episode 2");
  EXPECT_EQ(Value(table, "Time"), "3.08 s, step 123");
  EXPECT_EQ(Value(table, "Reward"), "0.250");
  EXPECT_EQ(Value(table, "Return"), "61.5");
  EXPECT_EQ(Value(table, "Q"), "1.50, 2.25");
  EXPECT_EQ(Value(table, "Entropy"), "-0.50 nats");
  EXPECT_EQ(Value(table, "Camera"), "0, side");
  EXPECT_EQ(Value(table, "Drawing"), "60 frames a second");
  EXPECT_EQ(table.back().second, "written");
  EXPECT_EQ(Value(OverlayLines(SomeState(), {}), "Q"), "none");
}

TEST(Overlay, TellsTheSpeedReachedOnlyWhereItIsNotTheOneWanted) {
  PlayState play = SomeState();
  const auto speed = [&] { return Value(OverlayLines(play, {}), "Speed"); };
  EXPECT_EQ(speed(), "1 x");
  play.reached_speed = 0.99;
  EXPECT_EQ(speed(), "1 x");
  play.reached_speed = 0.4;
  EXPECT_EQ(speed(), "1 x, reached 0.40 x");
  play.speed = 0.25;
  EXPECT_EQ(speed(), "1/4 x");
  play.paused = true;
  EXPECT_EQ(speed(), "paused (1/4 x)");
}

TEST(Overlay, TitleTellsStepAndPause) {
  PlayState play = SomeState();
  EXPECT_EQ(Title(play), "walker_walk, seed 7, episode 2, step 123");
  play.paused = true;
  EXPECT_EQ(Title(play), "walker_walk, seed 7, episode 2, step 123, paused");
}

TEST(Overlay, ListsTheStateVectorOfAnAgentThatSeesNoFrames) {
  PlayState play = SomeState();
  EXPECT_TRUE(StateLines(play).empty());
  play.opinion = experiments::Opinion{
      0, 0, 0, {}, {{"position", {0.5, -1.0, 0.125, 2.0, 3.0}}, {"height", {1}}}};
  EXPECT_THAT(StateLines(play),
              testing::ElementsAre(std::pair("position", "0.50  -1.00  0.12  2.00"),
                                   std::pair("", "3.00"), std::pair("height", "1.00")));
}

TEST(Overlay, CaptionOfTheInset) {
  PlayState play = SomeState();
  EXPECT_EQ(InsetCaption(play), "");
  play.frame = video::Image(100, 120);
  EXPECT_EQ(InsetCaption(play), "Frame of 120x100");
  play.opinion = experiments::Opinion{0, 0, 0, {3, video::Image(84, 84)}, {}};
  EXPECT_EQ(InsetCaption(play), "The agent sees 84x84, 3 frames");
}

TEST(Overlay, FontsFollowTheDisplaysScale) {
  EXPECT_EQ(FontScale(1.0), mjFONTSCALE_100);
  EXPECT_EQ(FontScale(1.4), mjFONTSCALE_150);
  EXPECT_EQ(FontScale(2.0), mjFONTSCALE_200);
  EXPECT_EQ(FontScale(0.5), mjFONTSCALE_100);
  EXPECT_EQ(FontScale(8.0), mjFONTSCALE_300);
}

video::Image Plain(int size, std::uint8_t value) {
  video::Image image(size, size);
  for (auto& v : image.pixels) v = value;
  return image;
}

TEST(Inset, ShowsTheNewestFrameEnlargedByAWholeFactorAndTheOlderOnesBelow) {
  const auto inset = ComposeInset({Plain(84, 10), Plain(84, 20), Plain(84, 30)}, 720);
  EXPECT_EQ(inset.width, 3 * 84);  // 252 of at most 288 pixels
  EXPECT_GT(inset.height, 3 * 84);
  EXPECT_EQ(*inset.at(0, 0), 30);
  EXPECT_EQ(*inset.at(251, 251), 30);
  EXPECT_EQ(*inset.at(inset.height - 1, 0), 10);
  EXPECT_EQ(*inset.at(inset.height - 1, inset.width - 1), 20);
}

TEST(Inset, EveryPixelOfTheCropIsThere) {
  video::Image frame(5, 5);
  for (int i = 0; i < 25; ++i) frame.pixels[3 * i] = static_cast<std::uint8_t>(i);
  const auto inset = ComposeInset({frame}, 50);
  ASSERT_EQ(inset.height, 20);
  for (int y = 0; y < 20; ++y) {
    for (int x = 0; x < 20; ++x) EXPECT_EQ(*inset.at(y, x), y / 4 * 5 + x / 4);
  }
}

TEST(Inset, ALargeFrameStaysAsItIs) {
  const auto inset = ComposeInset({Plain(500, 1), Plain(500, 2)}, 720);
  EXPECT_EQ(inset.width, 500);
  EXPECT_EQ(*inset.at(0, 0), 2);
}

}  // namespace
}  // namespace curl_rl::viewer
