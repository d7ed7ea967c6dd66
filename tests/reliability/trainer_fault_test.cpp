// The disk fails at one system call of a whole run, at many places in turn: the run ends as an
// undisturbed one does, or stops with a message and is taken up again to that same end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "experiments/checkpoints/checkpoint.h"
#include "experiments/training/trainer.h"
#include "tests/experiments/temporary_directory.h"
#include "tests/experiments/training/small_run.h"
#include "tests/reliability/faulty_calls.h"

namespace curl_rl::experiments {
namespace {

using curl_rl::faults::FailedCalls;
using curl_rl::faults::FaultPlan;
using curl_rl::faults::SetFaultPlan;

ExperimentConfig Config() {
  return SmallConfig({"observation=state", "agent.contrastive=none", "frame_stack=1",
                      "checkpoint_every=40", "agent.hidden_dim=16", "update_every=8"});
}

// From the newest checkpoint, or the beginning, to the end. Returns what stopped it; "": nothing.
std::string RunOn(const ExperimentConfig& config, const std::string& run_dir,
                  const FaultPlan& plan = {}) {
  std::ostringstream out;
  Progress progress(out, false, config.env_steps, 0);
  SignalRequests requests;
  Trainer trainer(config, torch::kCPU, run_dir);
  RemoveHalfCheckpoints(run_dir);
  const auto steps = ListCheckpoints(run_dir);
  if (!steps.empty()) {
    EXPECT_EQ(trainer.Restore(steps.back()), "");
  } else {
    std::filesystem::remove_all(run_dir);
    std::filesystem::create_directory(run_dir);
  }
  SetFaultPlan(plan);
  try {
    EXPECT_TRUE(trainer.Run(progress, requests));
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

void ExpectSameRun(const std::string& expected, const std::string& run, const std::string& where) {
  for (const char* file : {"/train.csv", "/eval.csv"}) {
    EXPECT_EQ(WithoutTimes(ReadTable(expected + file)), WithoutTimes(ReadTable(run + file)))
        << where << file;
  }
  const auto whole = ReadCheckpoint(expected, 240).parts;
  for (const auto& [part, tensors] : ReadCheckpoint(run, 240).parts) {
    for (const auto& [name, tensor] : tensors) {
      EXPECT_TRUE(torch::equal(tensor, whole.at(part).at(name))) << where << part << ' ' << name;
    }
  }
}

struct Fault {
  int error;
  bool forever;
  int stride;  // every call would take minutes: CURL_RL_FAULT_STRIDE=1 in the environment
};

class TrainerFaults : public testing::TestWithParam<Fault> {};

TEST_P(TrainerFaults, EndAsAnUndisturbedRunOrAreTakenUpToThatEnd) {
  const TemporaryDirectory directory;
  const auto config = Config();
  const auto whole = directory.File("whole");
  ASSERT_EQ(RunOn(config, whole), "");
  int stopped = 0, went_on = 0;
  std::ostringstream warnings;
  auto* const stderr_buffer = std::cerr.rdbuf(warnings.rdbuf());
  const char* const stride = std::getenv("CURL_RL_FAULT_STRIDE");
  for (int k = 1;; k += stride != nullptr ? std::atoi(stride) : GetParam().stride) {
    const auto run = directory.File("run " + std::to_string(k));
    std::filesystem::create_directory(run);
    const auto message = RunOn(config, run, {run, k, GetParam().error, GetParam().forever});
    const int failed = FailedCalls();
    SetFaultPlan({});
    if (failed == 0) break;
    ++(message.empty() ? went_on : stopped);
    const auto where = "call " + std::to_string(k) + ": " + message + "\n";
    if (!message.empty()) {
      EXPECT_THAT(message, testing::HasSubstr(run)) << "a message names the file";
      EXPECT_EQ(RunOn(config, run), "") << where;
    }
    ExpectSameRun(whole, run, where);
    std::filesystem::remove_all(run);
  }
  std::cerr.rdbuf(stderr_buffer);
  std::cout << "went on " << went_on << " times, stopped and was taken up " << stopped
            << " times\n";
  EXPECT_GT(went_on + stopped, 10);
  if (GetParam().forever) {
    EXPECT_EQ(went_on, 0) << "the last checkpoint cannot have been written";
  }
  if (GetParam().error == ENOSPC && !GetParam().forever) {
    EXPECT_GT(went_on, stopped);
    EXPECT_THAT(warnings.str(), testing::HasSubstr("the run goes on"));
  }
}

INSTANTIATE_TEST_SUITE_P(Errors, TrainerFaults,
                         testing::Values(Fault{ENOSPC, false, 7}, Fault{ENOSPC, true, 23},
                                         Fault{EIO, false, 13}, Fault{ESTALE, false, 17}));

}  // namespace
}  // namespace curl_rl::experiments
