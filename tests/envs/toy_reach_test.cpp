// The toy task can be seen, solved, and not solved by chance.
#include "envs/toy_reach.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "envs/numpy_random.h"

namespace curl_rl::envs {
namespace {

using Policy = std::function<double(double position, double target)>;

double MeanReturn(const Policy& policy, int episodes) {
  EnvironmentOptions options;
  options.pixels = false;
  const auto environment = Make("toy_reach", options);
  double sum = 0.0;
  for (int i = 0; i < episodes; ++i) {
    environment->Reset();
    StepResult result;
    while (!result.last()) {
      double state[2];
      environment->ObserveState(state);
      result = environment->Step({policy(state[0], state[1])});
      EXPECT_GE(result.reward, 0.0);
      EXPECT_LE(result.reward, 1.0);
      sum += result.reward;
    }
  }
  return sum / episodes;
}

TEST(ToyReachTest, ARandomStreamThatCannotBeIsRefused) {
  const auto environment = Make("toy_reach", {});
  environment->Reset();
  const auto sound = environment->Snapshot();
  for (const std::uint8_t byte : {0x00, 0xff}) {
    EXPECT_THROW(environment->Restore(std::vector<std::uint8_t>(sound.size(), byte)),
                 std::runtime_error);
  }
  // The stream stands first. Its first word's 31 lower bits are used once and lead to nothing but
  // 0.
  auto dead = sound;
  std::fill_n(dead.begin(), 624 * sizeof(std::uint32_t), std::uint8_t{0});
  dead[0] = 1;
  EXPECT_THROW(environment->Restore(dead), std::runtime_error);
  environment->Restore(sound);
  environment->Reset();
}

TEST(ToyReachTest, ChanceIsFarFromTheOptimum) {
  NumpyRandom random(2);
  const double by_chance = MeanReturn([&](double, double) { return random.Uniform(-1, 1); }, 500);
  const double still = MeanReturn([](double, double) { return 0.0; }, 500);
  const double best = MeanReturn(
      [](double at, double target) { return std::clamp((target - at) / 0.2, -1.0, 1.0); }, 500);
  // The docstring's figures; 500 episodes have standard errors of 0.2, 0.1 and 0.03.
  EXPECT_NEAR(by_chance, 9.1, 1.0);
  EXPECT_NEAR(still, 1.5, 0.5);
  EXPECT_NEAR(best, 47.3, 0.2);
}

TEST(ToyReachTest, BlobsAreWhereTheStateSays) {
  EnvironmentOptions options;
  options.image_size = 90;
  const auto environment = Make("toy_reach", options);
  environment->Reset();
  double state[2];
  environment->ObserveState(state);
  std::vector<std::uint8_t> pixels(environment->observation_spec().pixel_count());
  environment->Observe(pixels.data());
  for (int channel : {0, 1}) {
    double mass = 0.0, moment = 0.0;
    for (int x = 0; x < 90; ++x) {
      const int value = pixels[3 * (45 * 90 + x) + channel];
      mass += value;
      moment += value * (x + 0.5);
    }
    // Half a pixel: 8-bit rounding cuts a blob's tails.
    EXPECT_NEAR(moment / mass, 45.0 + 30.0 * state[channel], 0.5);
  }
}

}  // namespace
}  // namespace curl_rl::envs
