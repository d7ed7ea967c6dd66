// What a run's folder tells of its representation: probes and columns of train.csv.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "experiments/comparison/input/load.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::comparison {
namespace {

using experiments::TemporaryDirectory;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kProbe[] = R"({"program": "curl-rl probe", "env_step": 1000, "representations": {
  "encoder": {"mean": {"r2": 0.75}, "contrastive_accuracy": 0.5, "alignment": 0.25,
    "uniformity": -2.0, "participation_ratio": 4.0, "effective_rank": 6.0,
    "neighbour_distance": null},
  "untrained": {"mean": {"r2": 0.5}}, "pixels": {"mean": {"r2": 0.9}}}})";

class Representation : public testing::Test {
 protected:
  Representation() {
    std::filesystem::create_directories(folder_.File("run/probe"));
    folder_.Write("run/config.yaml", "task: toy_reach\nmethod: curl\nseed: 1\nenv_steps: 1000\n");
    folder_.Write("run/eval.csv", "env_step,episode,episode_return,wall_time_s\n1000,0,5,1\n");
  }

  comparison::Run Load() const {
    LoadedRuns loaded = LoadRuns({folder_.File("run")});
    inputs_ = loaded.inputs.size();
    return loaded.runs.at(0);
  }

  std::string Message() const {
    try {
      Load();
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  }

  TemporaryDirectory folder_;
  mutable std::size_t inputs_ = 0;
};

TEST_F(Representation, ARunWithoutAnyHasNone) {
  const auto run = Load();
  EXPECT_FALSE(run.probe.has_value());
  EXPECT_TRUE(run.metrics.empty());
}

TEST_F(Representation, AProbeIsRead) {
  const auto before = (Load(), inputs_);
  folder_.Write("run/probe/probe.json", kProbe);
  const auto run = Load();
  ASSERT_TRUE(run.probe.has_value());
  EXPECT_EQ(run.probe->env_step, 1000);
  EXPECT_EQ(run.probe->r2, 0.75);
  EXPECT_EQ(run.probe->untrained_r2, 0.5);
  EXPECT_EQ(run.probe->pixels_r2, 0.9);
  EXPECT_EQ(run.probe->accuracy, 0.5);
  EXPECT_EQ(run.probe->alignment, 0.25);
  EXPECT_EQ(run.probe->uniformity, -2.0);
  EXPECT_EQ(run.probe->participation_ratio, 4.0);
  EXPECT_EQ(run.probe->effective_rank, 6.0);
  EXPECT_TRUE(std::isnan(run.probe->neighbour_distance));  // null: not defined
  EXPECT_EQ(inputs_, before + 1);                          // the manifest names it
}

TEST_F(Representation, WhatIsNoProbeIsRefusedByName) {
  folder_.Write("run/probe/probe.json", "{}");
  EXPECT_THAT(Message(), HasSubstr("probe.json: not what `curl-rl probe` writes"));
  folder_.Write("run/probe/probe.json", "no JSON");
  EXPECT_THAT(Message(), HasSubstr("probe.json: not what"));
  std::string damaged = kProbe;
  damaged.replace(damaged.find("0.75"), 4, "\"x\"");
  folder_.Write("run/probe/probe.json", damaged);
  EXPECT_THAT(Message(), HasSubstr("'representations.encoder.mean.r2' is no number"));
  folder_.Write("run/probe/probe.json", R"({"program": "curl-rl probe", "env_step": 1})");
  EXPECT_THAT(Message(), HasSubstr("there is no 'representations'"));
  folder_.Write("run/probe/probe.json", R"({"program": "curl-rl probe", "env_step": -1})");
  EXPECT_THAT(Message(), HasSubstr("'env_step' is no step"));
}

// Rows before the first update have no metric; the last line may be half written.
TEST_F(Representation, ColumnsOfTrainCsvAreSeries) {
  folder_.Write("run/train.csv",
                "env_step,alignment,critic_loss,uniformity\n100,,,\n200,0.5,1,-1\n"
                "300,0.25,1,-2\n400,0.12");
  const auto run = Load();
  ASSERT_EQ(run.metrics.size(), 2u);
  EXPECT_THAT(run.metrics.at("alignment").x, ElementsAre(200, 300));
  EXPECT_THAT(run.metrics.at("alignment").y, ElementsAre(0.5, 0.25));
  EXPECT_THAT(run.metrics.at("uniformity").y, ElementsAre(-1, -2));
  folder_.Write("run/train.csv", "env_step,alignment\n100,abc\n");
  EXPECT_THAT(Message(), HasSubstr("train.csv:2"));
}

}  // namespace
}  // namespace curl_rl::comparison
