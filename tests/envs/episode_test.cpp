// Actions are held, steps counted, rewards summed; an episode's end cuts a decision short.
#include "envs/episode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "envs/toy_reach.h"

namespace curl_rl::envs {
namespace {

std::unique_ptr<Environment> WithoutPixels() {
  EnvironmentOptions options;
  options.pixels = false;
  return Make("toy_reach", options);  // episodes of 50 control steps
}

TEST(EpisodeTest, HoldsEachActionAndCountsAsTheEnvironmentDoes) {
  const auto environment = WithoutPixels();
  const auto plain = WithoutPixels();
  Episode episode(*environment, 3);
  for (int number = 0; number < 2; ++number) {
    plain->Reset();
    double sum = 0.0;
    int decisions = 0;
    std::vector<double> action;
    for (episode.Begin(); !episode.over();) {
      if (episode.decision_due()) {
        action = {decisions++ % 2 == 0 ? 0.5 : -0.25};
        episode.Hold(action);
      }
      EXPECT_EQ(decisions, episode.step() / 3 + 1);
      const auto result = episode.Step();
      const auto same = plain->Step(action);
      EXPECT_EQ(result.reward, same.reward);
      EXPECT_EQ(result.last(), same.last());
      sum += same.reward;
      EXPECT_EQ(episode.episode_return(), sum);
    }
    EXPECT_EQ(episode.step(), 50);
    EXPECT_EQ(decisions, 17);  // the last one for two control steps
    EXPECT_TRUE(episode.decision_due());
  }
}

TEST(EpisodeTest, GoesOnInAnEpisodeThatWasRestored) {
  const auto environment = WithoutPixels();
  Episode episode(*environment, 2);
  episode.Begin();
  const auto start = environment->Snapshot();
  while (!episode.over()) {
    if (episode.decision_due()) episode.Hold({0.0});
    episode.Step();
  }
  environment->Restore(start);
  EXPECT_TRUE(episode.decision_due());
  episode.Hold({0.0});
  EXPECT_FALSE(episode.over());
  EXPECT_FALSE(episode.Step().last());
}

TEST(EpisodeTest, RefusesAStepWithoutAnActionAndARepeatOfNone) {
  const auto environment = WithoutPixels();
  EXPECT_THROW(Episode(*environment, 0), std::invalid_argument);
  Episode episode(*environment);
  episode.Begin();
  EXPECT_THROW(episode.Step(), std::logic_error);
  episode.Hold({0.0});
  episode.Step();
  EXPECT_THROW(episode.Step(), std::logic_error);
  EXPECT_EQ(episode.step(), 1);
}

}  // namespace
}  // namespace curl_rl::envs
