// Environments in threads, as training (config key `overlap`) and evaluation (`eval_environments`)
// use them. Runs without LibTorch, and so under the thread sanitizer (preset dev-thread).
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "envs/registry.h"

namespace curl_rl::envs {
namespace {

constexpr int kSize = 32;
constexpr int kDecisions = 6;

struct Played {
  std::vector<double> rewards;
  std::vector<std::uint8_t> frames;  // one behind the other

  bool operator==(const Played& other) const {
    return rewards == other.rewards && frames == other.frames;
  }
};

// One environment and random actions of its own.
class Play {
 public:
  Play(const std::string& task, std::uint32_t seed) : random_(seed) {
    EnvironmentOptions options;
    options.seed = seed;
    options.image_size = kSize;
    options.render.samples = 0;  // cheap frames: who draws them counts here
    options.render.shadow_size = 64;
    environment_ = Make(task, options);
    environment_->Reset();
  }

  void Decide() {
    std::uniform_real_distribution<double> uniform(-1.0, 1.0);
    std::vector<double> action(static_cast<std::size_t>(environment_->action_spec().size));
    for (double& component : action) component = uniform(random_);
    const auto result = environment_->Step(action);
    played_.rewards.push_back(result.reward);
    const auto begin = played_.frames.size();
    played_.frames.resize(begin + environment_->observation_spec().pixel_count());
    environment_->Observe(&played_.frames[begin]);
    if (result.last()) environment_->Reset();
  }
  const Played& played() const { return played_; }

 private:
  std::unique_ptr<Environment> environment_;
  std::mt19937 random_;
  Played played_;
};

Played PlayAlone(const std::string& task, std::uint32_t seed) {
  Play play(task, seed);
  for (int i = 0; i < kDecisions; ++i) play.Decide();
  return play.played();
}

class Threads : public testing::TestWithParam<const char*> {};

// Made by one thread, every decision played by a new one: the trainer's way.
TEST_P(Threads, OneEnvironmentMayGoFromThreadToThread) {
  Play play(GetParam(), 1);
  for (int i = 0; i < kDecisions; ++i) {
    std::async(std::launch::async, [&] { play.Decide(); }).get();
  }
  EXPECT_EQ(play.played(), PlayAlone(GetParam(), 1));
}

// Several of one task, one of which is made while the others play.
TEST_P(Threads, EnvironmentsMayPlayAtTheSameTime) {
  std::vector<std::unique_ptr<Play>> plays;
  for (std::uint32_t seed = 1; seed <= 2; ++seed) {
    plays.push_back(std::make_unique<Play>(GetParam(), seed));
  }
  auto made_late = std::async(std::launch::async, PlayAlone, std::string(GetParam()), 3u);
  for (int i = 0; i < kDecisions; ++i) {
    std::vector<std::future<void>> decisions(plays.size());
    for (std::size_t p = 0; p < plays.size(); ++p) {
      decisions[p] = std::async(std::launch::async, [&play = *plays[p]] { play.Decide(); });
    }
    for (auto& decision : decisions) decision.get();
  }
  for (std::uint32_t seed = 1; seed <= 2; ++seed) {
    EXPECT_EQ(plays[seed - 1]->played(), PlayAlone(GetParam(), seed)) << "seed " << seed;
  }
  EXPECT_EQ(made_late.get(), PlayAlone(GetParam(), 3));
}

INSTANTIATE_TEST_SUITE_P(Tasks, Threads, testing::Values("cartpole_swingup"));

}  // namespace
}  // namespace curl_rl::envs
