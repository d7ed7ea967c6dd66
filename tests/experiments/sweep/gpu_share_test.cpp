// Runs on made-up GPUs.
#include "experiments/sweep/gpu_share.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/sweep/resources.h"

namespace curl_rl::experiments {
namespace {

using testing::ElementsAre;

constexpr std::int64_t kGb = 1'000'000'000;

TEST(GpuShareTest, AddsWhatCudaTakesToTheFootprint) {
  Element run;
  run.footprint = {2 * kGb, 120'000'000, 3 * kGb};
  const auto pixels = EstimateGpuBytes(run);
  EXPECT_EQ(pixels.replay, 2 * kGb);
  EXPECT_EQ(pixels.agent, 120'000'000);
  EXPECT_EQ(pixels.update, 3 * kGb);
  EXPECT_EQ(pixels.total(), 5 * kGb + 120'000'000 + pixels.program + pixels.workspace);
  run.config.observation = Observation::kState;
  EXPECT_LT(EstimateGpuBytes(run).program, pixels.program);  // no GL contexts
  run.footprint.update = 0;
  EXPECT_LT(EstimateGpuBytes(run).workspace, pixels.workspace);
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
  Element run;
  run.footprint = {2 * kGb, 120'000'000, 3 * kGb};
  const std::vector<Element> runs(32, run);
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
  Element on_cpu;
  on_cpu.config.device = "cpu";
  EXPECT_THAT(ShareOut({on_cpu, on_cpu}, 0, {4, 64 * kGb, {kGb}}).gpu_of, ElementsAre());
}

}  // namespace
}  // namespace curl_rl::experiments
