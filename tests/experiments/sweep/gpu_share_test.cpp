// Runs on made-up GPUs.
#include "experiments/sweep/gpu_share.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "experiments/config/config_reader.h"
#include "experiments/sweep/resources.h"

namespace curl_rl::experiments {
namespace {

using testing::ElementsAre;

constexpr std::int64_t kGb = 1'000'000'000;

TEST(GpuShareTest, TheAgentIsCountedAsTheCheckpointOfItShows) {
  // A checkpoint of the paper's agent, parameters with Adam's moments, has 120 MB
  // (docs/reliability.md); gradients are 29 MB more.
  EXPECT_NEAR(static_cast<double>(EstimateGpuBytes({}).agent), 149e6, 10e6);
}

TEST(GpuShareTest, AHalfPrecisionUpdateTakesHalfAndAStateVectorNone) {
  ExperimentConfig config;
  const auto float32 = EstimateGpuBytes(config);
  config.agent.precision = agents::Precision::kBFloat16;
  EXPECT_EQ(EstimateGpuBytes(config).update, float32.update / 2);
  EXPECT_EQ(EstimateGpuBytes(config).replay, float32.replay);
  config.observation = Observation::kState;
  EXPECT_EQ(EstimateGpuBytes(config).update, 0);
  EXPECT_LT(EstimateGpuBytes(config).total(), float32.total() / 3);
}

TEST(GpuShareTest, RunsGoWhereMostRoomIs) {
  EXPECT_THAT(FitOnGpus({20 * kGb, 5 * kGb, 80 * kGb}, 6 * kGb), ElementsAre(3, 0, 13));
  EXPECT_THAT(PlaceOnGpus({20 * kGb, 20 * kGb}, 6 * kGb, 5), ElementsAre(0, 1, 0, 1, 0));
  EXPECT_THAT(PlaceOnGpus({8 * kGb, 20 * kGb}, 6 * kGb, 4), ElementsAre(1, 1, 0, 1));
  EXPECT_THAT(PlaceOnGpus({kGb}, 6 * kGb, 2), ElementsAre(0, 0));  // more than fit, as asked for
}

TEST(GpuShareTest, AChildSeesTheGpuThatItsSweepMeans) {
  EXPECT_EQ(VisibleDevice(1, nullptr), "1");
  EXPECT_EQ(VisibleDevice(1, "4,6,7"), "6");
  EXPECT_EQ(VisibleDevice(0, "GPU-05d35c06"), "GPU-05d35c06");
}

TEST(GpuShareTest, AsManyRunsAsCoresAndBothMemoriesHaveRoomFor) {
  const ExperimentConfig run;
  const std::vector<ExperimentConfig> runs(32, run);
  const auto bytes = EstimateGpuBytes(run).total();
  const auto share = [&](const Machine& machine, int jobs = 0) {
    return ShareOut(runs, jobs, machine);
  };
  EXPECT_EQ(share({64, 512 * kGb, {10 * bytes}}).jobs, 10);
  EXPECT_EQ(share({64, 512 * kGb, {10 * bytes, 3 * bytes - 1}}).jobs, 12);
  EXPECT_EQ(share({8, 512 * kGb, {10 * bytes}}).jobs, 8);  // cores
  EXPECT_EQ(share({64, 8 * kGb, {10 * bytes}}).jobs, 5);   // host memory, 1.6 GB a run
  EXPECT_EQ(share({64, 512 * kGb, {bytes / 2}}).jobs, 1);  // one is always tried
  EXPECT_EQ(share({64, 512 * kGb, {bytes}}, 4).jobs, 4);   // --jobs overrules
  EXPECT_THAT(share({4, 512 * kGb, {4 * bytes, 4 * bytes}}).gpu_of, ElementsAre(0, 1, 0, 1));
  EXPECT_THAT(share({4, 512 * kGb, {}}).gpu_of, ElementsAre());
  ExperimentConfig on_cpu;
  on_cpu.device = "cpu";
  EXPECT_THAT(ShareOut({on_cpu, on_cpu}, 0, {4, 64 * kGb, {kGb}}).gpu_of, ElementsAre());
}

// The documented table is what the code estimates: docs/sweeps.md.
TEST(GpuShareTest, TheTableInTheDocumentationIsOurs) {
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
    const auto bytes = EstimateGpuBytes(ReadConfig(sources));
    char row[200];
    std::snprintf(row, sizeof row, "| %s | %.2f | %.2f | %.2f | %.2f | %.2f | %.1f |\n",
                  preset.c_str(), bytes.program / 1e9, bytes.replay / 1e9, bytes.agent / 1e9,
                  bytes.update / 1e9, bytes.workspace / 1e9, bytes.total() / 1e9);
    EXPECT_NE(text.str().find(row), std::string::npos) << "docs/sweeps.md lacks\n" << row;
  }
}

}  // namespace
}  // namespace curl_rl::experiments
