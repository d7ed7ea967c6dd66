// Disturbed pixels: what is drawn changes, the task does not.
#include "envs/disturbances.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "envs/conformance.h"
#include "envs/gl_context.h"
#include "envs/mujoco_environment.h"
#include "envs/registry.h"
#include "tests/envs/gl_test.h"

namespace curl_rl::envs {
namespace {

using Pixels = std::vector<std::uint8_t>;

EnvironmentOptions Options(const std::string& disturbances) {
  EnvironmentOptions options;
  options.image_size = 48;
  options.render.shadow_size = 256;  // made sooner
  options.disturbances = ParseDisturbances(disturbances);
  return options;
}

Pixels Frame(Environment& environment) {
  Pixels pixels(std::size_t{48} * 48 * 3);
  environment.Observe(pixels.data());
  return pixels;
}

std::vector<double> State(const Environment& environment) {
  std::vector<double> state(environment.observation_spec().state_size());
  environment.ObserveState(state.data());
  return state;
}

TEST(ParseDisturbancesTest, ReadsKindsAndStrengths) {
  const Disturbances disturbances = ParseDisturbances("colors=hard,light=easy");
  EXPECT_EQ(disturbances.colors, Strength::kHard);
  EXPECT_EQ(disturbances.camera, Strength::kNone);
  EXPECT_EQ(disturbances.light, Strength::kEasy);
  EXPECT_EQ(disturbances.background(), Strength::kNone);
  for (const char* none : {"", "none", "camera=none", "video=none"}) {
    EXPECT_FALSE(ParseDisturbances(none).any()) << none;
    EXPECT_EQ(TextOf(ParseDisturbances(none)), "none");
  }
}

TEST(ParseDisturbancesTest, ReadsFilesOfABackground) {
  const Disturbances disturbances = ParseDisturbances("video=medium:a b/c:d.mp4,camera=easy");
  EXPECT_EQ(disturbances.video, Strength::kMedium);
  EXPECT_EQ(disturbances.background(), Strength::kMedium);
  EXPECT_EQ(disturbances.from, "a b/c:d.mp4");
  EXPECT_EQ(TextOf(disturbances), "camera=easy,video=medium:a b/c:d.mp4");
  EXPECT_EQ(TextOf(ParseDisturbances(TextOf(disturbances))), TextOf(disturbances));
  EXPECT_EQ(NameOf(disturbances), "camera_easy_video_medium");
}

TEST(ParseDisturbancesTest, RefusesWhatItDoesNotKnow) {
  for (const char* text :
       {"colors", "colours=hard", "colors=harder", "colors=easy,colors=hard", "colors=easy,", ",",
        "=easy", "colors=", "none,colors=easy", "video=easy", "pictures=hard:", "colors=easy:a.png",
        "video=none:a.mp4", "noise=easy,video=easy:a.mp4", "pictures=easy:a,video=easy:a"}) {
    EXPECT_THROW(ParseDisturbances(text), std::invalid_argument) << text;
  }
  try {
    ParseDisturbances("colour=hard");
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'colors'"), std::string::npos);
  }
}

TEST(DisturbancesTest, AreRefusedWhereMujocoDrawsNothing) {
  try {
    Make("toy_reach", Options("colors=easy"));
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_NE(std::string(error.what()).find("toy_reach cannot be disturbed (colors=easy)"),
              std::string::npos);
  }
  EXPECT_NO_THROW(Make("toy_reach", Options("none")));
  EXPECT_THROW(Make("cartpole_swingup", Options("pictures=easy:somewhere")),
               std::invalid_argument);  // nobody has read them
}

TEST(DisturbancesTest, AreDrawnForARendererFromOutside) {
  EnvironmentOptions options = Options("light=easy");
  options.pixels = false;
  const auto environment = Make("cartpole_swingup", options);
  environment->Reset();
  const auto* disturbance = dynamic_cast<MujocoEnvironment&>(*environment).disturbance();
  ASSERT_NE(disturbance, nullptr);
  EXPECT_NE(disturbance->drawn.light_color[0], 1.0);
  environment->Step({0.0});
  EXPECT_EQ(disturbance->step, 1);
}

class DisturbanceTest : public GlTest<testing::TestWithParam<std::string>> {};

TEST_P(DisturbanceTest, ChangesTheFramesAndNothingElse) {
  // Tasks whose resets themselves write to the model are among them.
  for (const char* task : {"cartpole_swingup", "walker_walk", "reacher_easy", "swimmer_swimmer6"}) {
    const auto clean = Make(task, Options(""));
    const auto disturbed = Make(task, Options(GetParam()));
    const std::vector<double> action(clean->action_spec().size, 0.5);
    for (int episode = 0; episode < 2; ++episode) {
      clean->Reset();
      disturbed->Reset();
      EXPECT_NE(Frame(*clean), Frame(*disturbed)) << task;
      for (int step = 0; step < 20; ++step) {
        EXPECT_EQ(clean->Step(action).reward, disturbed->Step(action).reward) << task;
        EXPECT_EQ(State(*clean), State(*disturbed)) << task;
      }
    }
  }
}

TEST_P(DisturbanceTest, FollowsFromTheSeedAndTheEpisode) {
  const auto one = Make("cartpole_swingup", Options(GetParam()));
  const auto same = Make("cartpole_swingup", Options(GetParam()));
  for (int episode = 1; episode <= 3; ++episode) {
    one->Reset();
    same->Reset();
    EXPECT_EQ(Frame(*one), Frame(*same));
  }
}

// What it changes in the frame of one episode is not what it changes in the next one.
TEST_P(DisturbanceTest, DiffersBetweenEpisodes) {
  const auto one = Make("cartpole_balance", Options(GetParam()));
  const auto plain = Make("cartpole_balance", Options(""));
  std::vector<Pixels> differences;
  for (int episode = 0; episode < 2; ++episode) {
    one->Reset();
    plain->Reset();
    Pixels difference = Frame(*one);
    const Pixels undisturbed = Frame(*plain);
    for (std::size_t i = 0; i < difference.size(); ++i) difference[i] -= undisturbed[i];
    differences.push_back(difference);
  }
  EXPECT_NE(differences[0], differences[1]);
}

TEST_P(DisturbanceTest, LeavesTheStatesOfTheSuiteAsTheyWere) {
  // Its draws are from a stream of their own: the starts of later episodes too.
  const auto clean = Make("ball_in_cup_catch", Options(""));
  const auto disturbed = Make("ball_in_cup_catch", Options(GetParam()));
  for (int episode = 0; episode < 5; ++episode) {
    clean->Reset();
    disturbed->Reset();
    EXPECT_EQ(State(*clean), State(*disturbed));
  }
}

TEST_P(DisturbanceTest, IsPartOfASnapshot) {
  const auto first = Make("cartpole_swingup", Options(GetParam()));
  for (int episode = 0; episode < 3; ++episode) first->Reset();
  EnvironmentOptions other = Options(GetParam());
  other.seed = 2;  // the snapshot's seed counts
  const auto resumed = Make("cartpole_swingup", other);
  resumed->Restore(first->Snapshot());
  EXPECT_EQ(Frame(*first), Frame(*resumed));
  first->Step({0.5});
  resumed->Step({0.5});
  EXPECT_EQ(Frame(*first), Frame(*resumed));
  first->Reset();
  resumed->Reset();
  EXPECT_EQ(Frame(*first), Frame(*resumed));
  std::vector<std::uint8_t> damaged = first->Snapshot();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::size_t drawn = sizeof(NumpyRandom) + sizeof(int) + 2 + 2 * sizeof(std::uint32_t);
  std::memcpy(&damaged[drawn + 2 * sizeof(std::uint64_t)], &nan, sizeof nan);
  EXPECT_THROW(resumed->Restore(damaged), std::runtime_error);
  EXPECT_EQ(Frame(*first), Frame(*resumed));
}

TEST(DisturbedConformanceTest, KeepsTheContract) {
  try {
    QueryGl();
  } catch (const std::runtime_error& error) {
    GTEST_SKIP() << error.what();
  }
  ConformanceOptions options;
  options.environment = Options("colors=medium,camera=medium,light=medium,noise=hard");
  options.episodes = 1;
  for (const auto& failure : CheckConformance(Find("reacher_easy").factory, options)) {
    ADD_FAILURE() << failure;
  }
}

// Strengths differ in numbers alone: each kind once.
INSTANTIATE_TEST_SUITE_P(Kinds, DisturbanceTest,
                         testing::Values("colors=easy", "camera=hard", "light=easy", "noise=medium",
                                         "colors=medium,camera=medium,light=medium,noise=hard"));

}  // namespace
}  // namespace curl_rl::envs
