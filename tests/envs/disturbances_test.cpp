// Disturbed pixels: what is drawn changes, the task does not.
#include "envs/disturbances.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "envs/conformance.h"
#include "envs/gl_context.h"
#include "envs/registry.h"

namespace curl_rl::envs {
namespace {

using Pixels = std::vector<std::uint8_t>;

EnvironmentOptions Options(const std::string& disturbances) {
  EnvironmentOptions options;
  options.image_size = 48;
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
  EXPECT_FALSE(ParseDisturbances("").any());
  EXPECT_FALSE(ParseDisturbances("camera=none").any());
}

TEST(ParseDisturbancesTest, RefusesWhatItDoesNotKnow) {
  for (const char* text : {"colors", "colours=hard", "colors=harder", "colors=easy,colors=hard",
                           "colors=easy,", ",", "=easy", "colors="}) {
    EXPECT_THROW(ParseDisturbances(text), std::invalid_argument) << text;
  }
}

TEST(DisturbancesTest, AreRefusedWhereThereIsNothingToDisturb) {
  EXPECT_THROW(Make("toy_reach", Options("colors=easy")), std::invalid_argument);
  EnvironmentOptions state_only = Options("light=easy");
  state_only.pixels = false;
  EXPECT_THROW(Make("cartpole_swingup", state_only), std::invalid_argument);
}

class DisturbanceTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    try {
      QueryGl();
    } catch (const std::runtime_error& error) {
      GTEST_SKIP() << error.what();
    }
  }
};

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
  const Disturbances disturbances = ParseDisturbances(GetParam());
  const auto differ = [](const DrawnDisturbance& a, const DrawnDisturbance& b) {
    return a.color_seed != b.color_seed && (a.roll != b.roll || a.roll == 0.0) &&
           (a.light_color != b.light_color || a.light_color[0] == 1.0);
  };
  const DrawnDisturbance first = DrawDisturbance(disturbances, 1, 1);
  EXPECT_TRUE(differ(first, DrawDisturbance(disturbances, 1, 2)));
  EXPECT_TRUE(differ(first, DrawDisturbance(disturbances, 2, 1)));
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

TEST_P(DisturbanceTest, IsPartOfASnapshot) {
  const auto first = Make("cartpole_swingup", Options(GetParam()));
  for (int episode = 0; episode < 3; ++episode) first->Reset();
  EnvironmentOptions other = Options(GetParam());
  other.seed = 2;  // the snapshot's seed counts
  const auto resumed = Make("cartpole_swingup", other);
  resumed->Restore(first->Snapshot());
  EXPECT_EQ(Frame(*first), Frame(*resumed));
  first->Reset();
  resumed->Reset();
  EXPECT_EQ(Frame(*first), Frame(*resumed));
}

TEST(DisturbedConformanceTest, KeepsTheContract) {
  try {
    QueryGl();
  } catch (const std::runtime_error& error) {
    GTEST_SKIP() << error.what();
  }
  ConformanceOptions options;
  options.environment = Options("colors=medium,camera=medium,light=medium");
  options.episodes = 1;
  for (const auto& failure : CheckConformance(Find("reacher_easy").factory, options)) {
    ADD_FAILURE() << failure;
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, DisturbanceTest,
                         testing::Values("colors=easy", "colors=hard", "camera=easy", "camera=hard",
                                         "light=easy", "light=hard",
                                         "colors=medium,camera=medium,light=medium"));

}  // namespace
}  // namespace curl_rl::envs
