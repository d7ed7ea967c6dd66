// What a run is said to need of memory, beside what it takes.
#include "experiments/training/footprint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "experiments/config/config_reader.h"
#include "experiments/machine/process_setup.h"
#include "replay/replay_buffer.h"
#include "tests/experiments/training/small_run.h"

namespace curl_rl::experiments {
namespace {

class FootprintTest : public testing::Test {
 protected:
  void SetUp() override {
    ExperimentConfig config;
    config.threads = 1;
    SetUpProcess(config);
  }
};

// The smoke run's frames are small: what is asked of the objects themselves is exact.
TEST_F(FootprintTest, TheReplaysIsWhatItAllocates) {
  const auto config = SmallConfig({});
  replay::ReplayOptions options;
  options.observation_shape = {32, 32, 3};
  options.action_size = 1;
  options.capacity = 121;  // 240 env steps of two each, and one
  EXPECT_EQ(FootprintOf(config).replay, replay::ReplayBytes(options));
  options.lanes = 2;
  EXPECT_EQ(FootprintOf(SmallConfig({"environments=2"})).replay, replay::ReplayBytes(options));
}

TEST_F(FootprintTest, TheAgentsIsThatOfTheCheckpointOfIt) {
  // The paper's, parameters with Adam's moments: 120 MB (docs/reliability.md).
  EXPECT_NEAR(static_cast<double>(FootprintOf({}).agent), 120e6, 5e6);
}

TEST_F(FootprintTest, AnUpdateGrowsWithItsBatchAndItsMethod) {
  const auto update = [](std::vector<std::string> overrides) {
    // As many transitions before the first update as the largest batch draws.
    overrides.insert(overrides.end(), {"env_steps=4000", "init_steps=800", "replay_capacity=1000"});
    auto config = SmallConfig(overrides);
    return static_cast<double>(FootprintOf(config).update);
  };
  const double small = update({"agent.batch_size=64"});
  const double large = update({"agent.batch_size=640"});
  EXPECT_GT(large, 4.0 * small);
  EXPECT_LT(large, 10.0 * small);
  EXPECT_LT(update({"agent.batch_size=640", "agent.objectives=[]"}), large);
  // States need no maps of convolutions.
  EXPECT_LT(
      update({"agent.batch_size=640", "observation=state", "agent.objectives=[]", "frame_stack=1"}),
      0.5 * large);
}

}  // namespace
}  // namespace curl_rl::experiments
