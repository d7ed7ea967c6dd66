// What a run is said to need of memory, beside what it takes.
#include "experiments/training/footprint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "experiments/config/config_reader.h"
#include "experiments/machine/process_setup.h"
#include "experiments/sweep/gpu_share.h"
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
}

TEST_F(FootprintTest, TheAgentsIsThatOfTheCheckpointOfIt) {
  // The paper's, parameters with Adam's moments: 120 MB (docs/reliability.md).
  EXPECT_NEAR(static_cast<double>(FootprintOf({}).agent), 120e6, 5e6);
}

TEST_F(FootprintTest, AnUpdateGrowsWithItsBatchAndItsMethod) {
  const auto update = [](const std::vector<std::string>& overrides) {
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

// The documented table is what the code estimates: docs/sweeps.md. A tenth of slack: the update's
// part depends on the kernels that this processor has.
TEST_F(FootprintTest, TheTableInTheDocumentationIsOurs) {
  std::ifstream file(CURL_RL_SOURCE_DIR "/docs/sweeps.md");
  std::stringstream text;
  text << file.rdbuf();
  const std::vector<std::vector<std::string>> presets = {
      {"cartpole_swingup"},
      {"walker_walk"},
      {"cheetah_run"},
      {"finger_spin"},
      {"reacher_easy"},
      {"ball_in_cup_catch"},
      {"cartpole_swingup", "hardware/cpu"},
      {"cartpole_swingup", "hardware/cpu_bfloat16"},
      {"cartpole_swingup", "hardware/gpu"},
      {"cartpole_swingup", "methods/sac_state", "hardware/cpu"}};
  for (const auto& names : presets) {
    std::string preset;
    ConfigSources sources;
    for (const std::string& name : names) {
      sources.files.push_back((preset.empty() ? "tasks/" : "") + name + ".yaml");
      preset += (preset.empty() ? "`" : " `") + name + "`";
    }
    Element element;
    element.config = ReadConfig(sources);
    element.footprint = FootprintOf(element.config);
    const auto bytes = EstimateGpuBytes(element);
    char row[200];
    std::snprintf(row, sizeof row, "| %s | %.2f | %.2f | %.2f | %.2f | %.2f | %.1f |",
                  preset.c_str(), bytes.program / 1e9, bytes.replay / 1e9, bytes.agent / 1e9,
                  bytes.update / 1e9, bytes.workspace / 1e9, bytes.total() / 1e9);
    const auto at = text.str().find("| " + preset + " | ");
    ASSERT_NE(at, std::string::npos) << "docs/sweeps.md lacks\n" << row;
    std::istringstream cells(text.str().substr(at + preset.size() + 4));
    for (const double gigabytes :
         {bytes.program / 1e9, bytes.replay / 1e9, bytes.agent / 1e9, bytes.update / 1e9,
          bytes.workspace / 1e9, bytes.total() / 1e9}) {
      double documented = -1.0;
      char bar = 0;
      cells >> documented >> bar;
      EXPECT_NEAR(documented, gigabytes, 0.1 * gigabytes + 0.06) << "docs/sweeps.md lacks\n" << row;
    }
  }
}

}  // namespace
}  // namespace curl_rl::experiments
