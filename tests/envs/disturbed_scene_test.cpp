// The draws of an episode, and colours within the ranges of the Distracting Control Suite.
#include "envs/disturbed_scene.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "envs/mujoco_environment.h"

namespace curl_rl::envs {
namespace {

std::unique_ptr<Environment> MakeWithoutPixels(const std::string& task,
                                               const std::string& disturbances = "") {
  EnvironmentOptions options;
  options.pixels = false;
  options.disturbances = ParseDisturbances(disturbances);
  auto environment = Make(task, options);
  environment->Reset();
  return environment;
}

const MujocoEnvironment& Mujoco(const Environment& environment) {
  return dynamic_cast<const MujocoEnvironment&>(environment);
}

TEST(DrawDisturbanceTest, FollowsFromSeedAndEpisode) {
  const auto environment = MakeWithoutPixels("walker_walk");
  const mjModel& model = Mujoco(*environment).model();
  const mjData& data = Mujoco(*environment).data();
  FrameDisturbance disturbance;
  disturbance.kinds = ParseDisturbances("camera=hard,light=hard");
  const auto draw = [&](std::uint32_t seed, std::uint32_t episode) {
    return DrawDisturbance(disturbance, model, data, seed, episode);
  };
  const DrawnDisturbance first = draw(1, 1);
  EXPECT_EQ(first.orbit.azimuth, draw(1, 1).orbit.azimuth);
  for (const DrawnDisturbance& other : {draw(1, 2), draw(2, 1), draw(0, 1)}) {
    EXPECT_NE(first.color_seed, other.color_seed);
    EXPECT_NE(first.backdrop_seed, other.backdrop_seed);
    EXPECT_NE(first.orbit.azimuth, other.orbit.azimuth);
    EXPECT_NE(first.light_color, other.light_color);
  }
  // Another kind changes nothing of this one.
  disturbance.kinds = ParseDisturbances("light=hard");
  EXPECT_EQ(draw(1, 1).light_direction, first.light_direction);
}

TEST(DrawDisturbanceTest, KeepsLightsWithinTheirRange) {
  const auto environment = MakeWithoutPixels("walker_walk");
  FrameDisturbance disturbance;
  disturbance.kinds = ParseDisturbances("light=medium");
  double least = 2.0, most = 0.0;
  for (std::uint32_t episode = 0; episode < 200; ++episode) {
    const auto drawn = DrawDisturbance(disturbance, Mujoco(*environment).model(),
                                       Mujoco(*environment).data(), 1, episode);
    for (const double factor : drawn.light_color) {
      least = std::min(least, factor);
      most = std::max(most, factor);
    }
  }
  EXPECT_GE(least, 0.75);
  EXPECT_LT(least, 0.77);
  EXPECT_LE(most, 1.25);
  EXPECT_GT(most, 1.23);
}

// color.py: uniform between the material's colour - range and + range, both cut off at 0 and 1.
TEST(RecoloredModelTest, DrawsMaterialsAsTheDistractingControlSuite) {
  const struct {
    const char* disturbances;
    float range;
  } kStrengths[] = {{"colors=easy", 0.1f}, {"colors=medium", 0.2f}, {"colors=hard", 0.3f}};
  const auto environment = MakeWithoutPixels("walker_walk");
  const mjModel& model = Mujoco(*environment).model();
  for (const auto& [text, range] : kStrengths) {
    FrameDisturbance disturbance;
    disturbance.kinds = ParseDisturbances(text);
    std::vector<float> least(model.mat_rgba, model.mat_rgba + 4 * model.nmat), most = least;
    for (disturbance.drawn.color_seed = 0; disturbance.drawn.color_seed < 500;
         ++disturbance.drawn.color_seed) {
      const RecoloredModel recolored(model, disturbance);
      for (int i = 0; i < 4 * model.nmat; ++i) {
        least[i] = std::min(least[i], recolored.get()->mat_rgba[i]);
        most[i] = std::max(most[i], recolored.get()->mat_rgba[i]);
      }
    }
    for (int i = 0; i < 4 * model.nmat; ++i) {
      const float own = model.mat_rgba[i];
      const float reach = i % 4 == 3 ? 0.0f : range;  // never its opacity
      const float low = std::max(own - reach, 0.0f), high = std::min(own + reach, 1.0f);
      EXPECT_GE(least[i], low - 1e-6f);
      EXPECT_LE(most[i], high + 1e-6f);
      EXPECT_NEAR(least[i], low, 0.05 * (high - low) + 1e-6);  // 500 draws come so near
      EXPECT_NEAR(most[i], high, 0.05 * (high - low) + 1e-6);
    }
  }
}

TEST(RecoloredModelTest, LeavesTheModelAndWhatHasItsMaterialsColour) {
  const auto environment = MakeWithoutPixels("ball_in_cup_catch");
  const mjModel& model = Mujoco(*environment).model();
  const std::vector<float> before(model.mat_rgba, model.mat_rgba + 4 * model.nmat);
  FrameDisturbance disturbance;
  disturbance.kinds = ParseDisturbances("colors=hard");
  const RecoloredModel recolored(model, disturbance);
  EXPECT_TRUE(std::equal(before.begin(), before.end(), model.mat_rgba));
  for (int geom = 0; geom < model.ngeom; ++geom) {
    ASSERT_GE(model.geom_matid[geom], 0);
    EXPECT_TRUE(std::equal(model.geom_rgba + 4 * geom, model.geom_rgba + 4 * geom + 4,
                           recolored.get()->geom_rgba + 4 * geom));
  }
}

}  // namespace
}  // namespace curl_rl::envs
