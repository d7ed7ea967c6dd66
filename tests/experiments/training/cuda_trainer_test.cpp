// A whole run on a CUDA device; skipped where there is none.
#include <gtest/gtest.h>
#include <torch/cuda.h>

#include <filesystem>
#include <sstream>

#include "experiments/machine/process_setup.h"
#include "experiments/training/trainer.h"
#include "tests/experiments/temporary_directory.h"
#include "tests/experiments/training/small_run.h"

namespace curl_rl::experiments {
namespace {

// From pixels, with recorded updates, broken off in the middle of an episode and between two rows
// of train.csv, so that frames, sums of metrics and random streams of the device are taken up
// again.
TEST(CudaTrainer, ADeterministicRunTakenUpGoesOnBitForBit) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device";
  const auto config = SmallConfig({"device=cuda", "deterministic=true", "checkpoint_every=112",
                                   "keep_checkpoints=9", "eval_episodes=3", "eval_environments=3"});
  SetUpProcess(config);
  const TemporaryDirectory directory;
  const auto whole = directory.File("whole"), broken = directory.File("broken");
  std::filesystem::create_directory(whole);
  const auto run = [&](const std::string& folder, std::int64_t from) {
    std::ostringstream out;
    Progress progress(out, false, config.env_steps, from);
    SignalRequests requests;
    Trainer trainer(config, torch::kCUDA, folder);
    if (from > 0) {
      EXPECT_EQ(trainer.Restore(from), "");
    }
    EXPECT_TRUE(trainer.Run(progress, requests));
  };
  run(whole, 0);
  std::filesystem::copy(whole, broken, std::filesystem::copy_options::recursive);
  run(broken, 112);
  for (const char* file : {"/train.csv", "/eval.csv"}) {
    EXPECT_EQ(WithoutTimes(ReadTable(whole + file)), WithoutTimes(ReadTable(broken + file)));
  }
}

}  // namespace
}  // namespace curl_rl::experiments
