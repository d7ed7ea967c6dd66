// Small runs of the training loop in folders of their own: whole, paused, taken up.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "experiments/checkpoints/checkpoint.h"
#include "experiments/training/trainer.h"
#include "tests/experiments/temporary_directory.h"
#include "tests/experiments/training/small_run.h"

namespace curl_rl::experiments {

class TrainerTest : public testing::Test {
 protected:
  std::string Run(const ExperimentConfig& config, const std::string& name) {
    auto run_dir = directory_.File(name);
    std::filesystem::create_directory(run_dir);
    std::ostringstream out;
    Progress progress(out, false, config.env_steps, 0);
    SignalRequests requests;
    Trainer trainer(config, torch::kCPU, run_dir);
    EXPECT_TRUE(trainer.Run(progress, requests));
    evaluations_ = trainer.evaluations();
    return run_dir;
  }
  // Trains in a folder of its own until the env step `pause`, as if the process had ended there.
  std::string RunUntil(std::int64_t pause, const ExperimentConfig& config,
                       const std::string& name) {
    auto run_dir = directory_.File(name);
    std::filesystem::create_directory(run_dir);
    std::ostringstream out;
    Progress progress(out, false, config.env_steps, 0);
    SignalRequests requests;
    EXPECT_FALSE(Trainer(config, torch::kCPU, run_dir).Run(progress, requests, pause));
    return run_dir;
  }
  // Takes the run up at its checkpoint of `env_step` and trains to the end.
  static void Resume(const ExperimentConfig& config, const std::string& run_dir,
                     std::int64_t env_step) {
    std::ostringstream out;
    Progress progress(out, false, config.env_steps, env_step);
    SignalRequests requests;
    Trainer trainer(config, torch::kCPU, run_dir);
    EXPECT_EQ(trainer.Restore(env_step), "");
    EXPECT_TRUE(trainer.Run(progress, requests));
  }
  // Rows but for times, and every tensor of the checkpoint of `env_step`.
  static void ExpectSameRun(const std::string& expected, const std::string& run,
                            std::int64_t env_step) {
    for (const char* file : {"/train.csv", "/eval.csv"}) {
      EXPECT_EQ(WithoutTimes(ReadTable(expected + file)), WithoutTimes(ReadTable(run + file)));
    }
    const auto parts = ReadCheckpoint(expected, env_step).parts;
    for (const auto& [part, tensors] : ReadCheckpoint(run, env_step).parts) {
      for (const auto& [name, tensor] : tensors) {
        EXPECT_TRUE(torch::equal(tensor, parts.at(part).at(name))) << part << ' ' << name;
      }
    }
  }

  TemporaryDirectory directory_;
  std::vector<EvaluationRecord> evaluations_;
};

}  // namespace curl_rl::experiments
