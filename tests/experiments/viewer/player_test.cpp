// The play itself, without a window: what commands do to it.
#include "experiments/viewer/player.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <stdexcept>

namespace curl_rl::viewer {
namespace {

// Waits for `condition`; false after ten seconds.
bool Await(Player& player, const std::function<bool(const PlayState&)>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::chrono::steady_clock::now() < end) {
    player.version();  // throws what went wrong
    if (condition(player.state())) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

envs::EnvironmentOptions WithoutPixels() {
  envs::EnvironmentOptions options;
  options.pixels = false;
  return options;
}

using experiments::MakeRandomPolicy;
using experiments::MakeZeroPolicy;

bool Paused(const PlayState& state) { return state.paused; }

TEST(Player, PauseHoldsTimeAndAStepIsOneControlStep) {
  Player player("cartpole_swingup", WithoutPixels(), MakeRandomPolicy(1));
  ASSERT_TRUE(Await(player, [](const auto& state) { return state.step > 3; }));
  player.Post(Command::kPause);
  ASSERT_TRUE(Await(player, Paused));
  const auto before = player.state();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(player.state().step, before.step);
  player.Post(Command::kStep);
  ASSERT_TRUE(Await(player, [&](const auto& s) { return s.step == before.step + 1; }));
  EXPECT_DOUBLE_EQ(player.state().time, 0.01 * (before.step + 1));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(player.state().step, before.step + 1);
  player.Post(Command::kPause);
  EXPECT_TRUE(Await(player, [&](const auto& s) { return s.step > before.step + 3; }));
}

TEST(Player, RunsAtRealTimeAndFasterWhenAsked) {
  using Clock = std::chrono::steady_clock;
  const auto seconds_since = [](Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  // It may be late on a busy machine, and then catch up, but never be ahead of its beginning.
  const auto start = Clock::now();
  Player player("cartpole_swingup", WithoutPixels(), MakeZeroPolicy());
  EXPECT_TRUE(Await(player, [](const auto& state) { return state.step >= 20; }));
  EXPECT_GT(seconds_since(start), 0.18);  // steps of 10 ms, the first at once
  const auto changed = Clock::now();      // a new beginning
  for (int i = 0; i < 4; ++i) player.Post(Command::kFaster);
  ASSERT_TRUE(Await(player, [](const auto& state) { return state.speed == 16.0; }));
  const auto from = player.state().step;
  EXPECT_TRUE(Await(player, [&](const auto& state) { return state.step >= from + 160; }));
  EXPECT_GT(seconds_since(changed), 0.09);
}

TEST(Player, RestartPlaysTheSameStartAgainAndTheNextSeedAnother) {
  Player player("reacher_easy", WithoutPixels(), MakeZeroPolicy());
  player.Post(Command::kPause);
  player.Post(Command::kRestart);
  const auto at_start = [](const auto& state) { return state.paused && state.step == 0; };
  ASSERT_TRUE(Await(player, at_start));
  SceneCopy scene;
  const auto start = [&] {
    player.CopyScene(&scene);
    std::vector<double> values(scene.data->qpos, scene.data->qpos + scene.model->nq);
    const double* geoms = scene.model->geom_pos;  // the target's place is the model's
    values.insert(values.end(), geoms, geoms + 3 * scene.model->ngeom);
    return values;
  };
  const auto first = start();
  player.Post(Command::kStep);
  ASSERT_TRUE(Await(player, [](const auto& state) { return state.step == 1; }));
  player.Post(Command::kRestart);
  ASSERT_TRUE(Await(player, at_start));
  EXPECT_EQ(start(), first);
  EXPECT_EQ(player.state().episode, 0);
  player.Post(Command::kNextSeed);
  ASSERT_TRUE(Await(player, [](const auto& state) { return state.seed == 2; }));
  EXPECT_NE(start(), first);
  player.Post(Command::kPreviousSeed);
  ASSERT_TRUE(Await(player, [](const auto& state) { return state.seed == 1; }));
  EXPECT_EQ(start(), first);
}

TEST(Player, GoesOnWithTheNextEpisode) {
  Player player("toy_reach", {}, MakeRandomPolicy(1));
  for (int i = 0; i < 4; ++i) player.Post(Command::kFaster);
  EXPECT_TRUE(Await(player, [](const auto& state) { return state.ended && state.step == 50; }));
  EXPECT_TRUE(Await(player, [](const auto& state) { return state.episode == 1; }));
}

TEST(Player, ShowsTheFramesOfWhatIsNotMujocos) {
  Player player("toy_reach", WithoutPixels(), MakeRandomPolicy(1));
  EXPECT_FALSE(player.has_scene());
  const auto state = player.state();
  ASSERT_TRUE(state.frame.has_value());
  EXPECT_EQ(state.frame->height, 100);
  player.Post(Command::kPause);
  ASSERT_TRUE(Await(player, Paused));
  const auto before = player.state();
  player.Post(Command::kStep);
  ASSERT_TRUE(Await(player, [&](const auto& s) { return s.step == before.step + 1; }));
  EXPECT_NE(player.state().frame->pixels, before.frame->pixels);
}

TEST(Player, AHandMovesABody) {
  Player player("cartpole_swingup", WithoutPixels(), MakeZeroPolicy());
  ASSERT_TRUE(player.has_scene());
  player.Post(Command::kPause);
  player.Post(Command::kRestart);
  ASSERT_TRUE(Await(player, [](const auto& s) { return s.paused && s.step == 0; }));
  const auto cart_after_steps = [&](const mjvPerturb& perturb) {
    player.Post(Command::kRestart);
    EXPECT_TRUE(Await(player, [](const auto& s) { return s.step == 0; }));
    player.SetPerturb(perturb);
    for (int i = 0; i < 20; ++i) player.Post(Command::kStep);
    EXPECT_TRUE(Await(player, [](const auto& s) { return s.step == 20; }));
    SceneCopy scene;
    player.CopyScene(&scene);
    return scene.data->qpos[0];
  };
  mjvPerturb none;
  mjv_defaultPerturb(&none);
  const double alone = cart_after_steps(none);
  mjvPerturb pull = none;
  pull.select = 1;  // the cart
  pull.active = mjPERT_TRANSLATE;
  pull.refpos[0] = 1.0;
  pull.refpos[2] = 1.0;
#if mjVERSION_HEADER >= 300
  // What mjv_initPerturb and mjv_movePerturb set there: the force is proportional to the one, and
  // pulls to the other.
  pull.localmass = 1.0;
  std::copy_n(pull.refpos, 3, pull.refselpos);
#endif
  const double pulled = cart_after_steps(pull);
  EXPECT_GT(pulled, alone + 0.02);
  EXPECT_NEAR(cart_after_steps(none), alone, 1e-9);  // it has let go
}

// Two control steps a decision; none is left after the second.
class ShortPolicy final : public experiments::Policy {
 public:
  std::optional<experiments::Choice> Decide(envs::Environment&, bool first) override {
    if (first == (decisions_ > 0)) throw std::logic_error("only the first is right after a reset");
    if (++decisions_ > 2) return std::nullopt;
    return experiments::Choice{{decisions_ == 1 ? 0.5 : -0.5}};
  }
  std::int64_t action_repeat() const override { return 2; }
  std::string Describe() const override { return "short"; }

 private:
  int decisions_ = 0;
};

TEST(Player, HoldsADecisionAndTellsThatNoneIsLeft) {
  Player player("cartpole_swingup", WithoutPixels(), std::make_unique<ShortPolicy>());
  EXPECT_THROW(Await(player, [](const auto&) { return false; }), std::runtime_error);
  EXPECT_EQ(player.state().step, 4);
  EXPECT_THAT(player.state().action, testing::ElementsAre(-0.5));
}

// Fails at its third decision.
class FailingPolicy final : public experiments::Policy {
 public:
  std::optional<experiments::Choice> Decide(envs::Environment&, bool) override {
    if (++decisions_ == 3) throw std::runtime_error("no idea");
    return experiments::Choice{{0.0}};
  }
  std::string Describe() const override { return "failing"; }

 private:
  int decisions_ = 0;
};

TEST(Player, TellsWhatWentWrong) {
  Player player("cartpole_swingup", WithoutPixels(), std::make_unique<FailingPolicy>());
  try {
    Await(player, [](const auto&) { return false; });
    FAIL() << "the error was swallowed";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "no idea");
  }
}

}  // namespace
}  // namespace curl_rl::viewer
